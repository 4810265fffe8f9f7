package train

import (
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"time"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// fitting is one process's work on a run.
type fitting struct {
	*run.Run
	trainer              *Trainer
	program              *program
	training, validation part
	state                run.State
	began                time.Time // when this process began, or last added to the record's seconds
	meter                meter
	report               func(run.Progress)
}

func (f *fitting) fit() error {
	if err := f.prepare(); err != nil {
		return err
	}
	for epoch := len(f.state.History) + 1; epoch <= f.Recipe.Epochs; epoch++ {
		if err := f.epoch(epoch); err != nil {
			return err
		}
	}
	if err := f.predictBest(); err != nil {
		return err
	}
	f.spend()
	if err := f.Finish(); err != nil {
		return err
	}
	f.report(run.Progress{Recipe: f.Recipe, History: f.History, Epoch: f.Recipe.Epochs, Stage: "done"})
	return nil
}

// prepare loads the images, restores the last checkpoint or sets the first values, and compiles.
func (f *fitting) prepare() error {
	f.report(run.Progress{Recipe: f.Recipe, History: f.History, Epoch: len(f.History) + 1, Stage: "compiling"})
	backend, err := Backend()
	if err != nil {
		return err
	}
	if err := f.trainer.load(f.Recipe.Data); err != nil {
		return err
	}
	f.training, f.validation = f.trainer.training, f.trainer.validation
	if f.program, err = f.trainer.program(backend, f.Recipe); err != nil {
		return err
	}
	if f.Record.Data == nil {
		f.Record.Data = map[string]string{}
	}
	maps.Copy(f.Record.Data, f.trainer.sums)
	if err := f.resume(); err != nil {
		return err
	}
	start := time.Now()
	if err := f.program.compile(f.training, f.validation); err != nil {
		return err
	}
	f.Record.CompileSeconds += time.Since(start).Seconds()
	f.Record.Device, f.Record.Backend = device(backend), backend.Description()
	f.Record.GoVersion, f.Record.Modules = runtime.Version(), modules()
	f.Record.Parameters = f.program.parameterCount()
	return f.SaveRecord()
}

// resume restores the state after the last finished epoch, or sets the first one.
func (f *fitting) resume() error {
	c, found, err := f.LoadCheckpoint(run.Last)
	if err != nil && !found {
		return err
	}
	if !found {
		f.state = run.State{Recipe: f.Recipe, Rate: f.Recipe.Optimizer.Rate}
		sum, err := f.program.start()
		if sum != "" {
			f.Record.Data["weights"] = sum
		}
		return err
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "warning: %v\n", err)
	}
	if err := f.program.restore(c.Tensors); err != nil {
		return err
	}
	f.state = c.State
	f.state.Recipe = f.Recipe // of more epochs, if the run was extended
	f.Record.Resumed++
	return f.SaveHistory(c.State.History)
}

// epoch trains and validates one epoch and saves all of it.
func (f *fitting) epoch(epoch int) error {
	start := time.Now()
	loss, accuracy, rate, err := f.train(epoch)
	if err != nil {
		return err
	}
	trained := time.Since(start)
	f.report(f.progress("validating", epoch, 0, loss, accuracy))
	logits, err := f.program.logits(f.validation)
	if err != nil {
		return err
	}
	validationLoss, validationAccuracy := evaluate(logits, f.validation.set.Labels)
	f.state.History = append(f.state.History, run.Epoch{
		Epoch: epoch, Loss: loss, Accuracy: accuracy, ValidationLoss: validationLoss, ValidationAccuracy: validationAccuracy,
		Rate: rate, Seconds: time.Since(start).Seconds(), ImagesPerSecond: float64(f.program.images) / trained.Seconds(),
	})
	if f.Recipe.Schedule.Name == "plateau" {
		f.state.Rate, f.state.Plateau = optim.ReduceOnPlateau(f.Recipe.Schedule, f.state.Plateau, f.state.Rate, validationLoss)
	}
	return f.save()
}

// train does the steps of one epoch. It returns the mean loss in nats, the accuracy and the last step's rate.
func (f *fitting) train(epoch int) (loss, accuracy, rate float64, err error) {
	batch := f.Recipe.Batch
	feed := newFeed(f.training, f.Recipe, epoch)
	defer feed.free()
	steps, seen := feed.order.Shape().Size()/batch, 0
	for i := range steps {
		rate = optim.Rate(f.Recipe.Schedule, f.state.Rate, f.state.Step)
		sum, hits, err := f.program.train(f.training, feed, i, f.state.Step, rate)
		if err != nil {
			return 0, 0, 0, err
		}
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return 0, 0, 0, &DivergedError{sum, f.state.Step + 1, epoch, rate}
		}
		f.state.Step++
		seen += min(batch, f.program.images-i*batch)
		loss, accuracy = loss+sum, accuracy+hits
		if f.meter.step() {
			f.report(f.progress("training", epoch, i+1, loss/float64(seen), accuracy/float64(seen)))
		}
	}
	return loss / float64(seen), accuracy / float64(seen), rate, nil
}

// DivergedError is a training whose loss is no number any more.
type DivergedError struct {
	Loss        float64
	Step, Epoch int // 1 for the first
	Rate        float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("loss is %v at step %d (epoch %d) with learning rate %g; what was saved before is kept; choose a lower rate",
		e.Loss, e.Step, e.Epoch, e.Rate)
}

// save writes the best checkpoint, if this epoch's is, the last one, the history and the record, in this order: a
// process that ends in between repeats the epoch, with the same outcome.
func (f *fitting) save() error {
	values, err := f.program.snapshot()
	if err != nil {
		return err
	}
	c := run.Checkpoint{State: f.state, Tensors: values}
	history := f.state.History
	last := history[len(history)-1]
	if best := bestEpoch(history); best == last.Epoch {
		f.Record.BestEpoch = best
		if err := f.SaveCheckpoint(run.Best, c); err != nil {
			return err
		}
	}
	if err := f.SaveCheckpoint(run.Last, c); err != nil {
		return err
	}
	if err := f.SaveHistory(history); err != nil {
		return err
	}
	f.spend()
	return f.SaveRecord()
}

// bestEpoch is the epoch of the best validation accuracy, the first of equals.
func bestEpoch(history []run.Epoch) int {
	best := history[0]
	for _, e := range history {
		if e.ValidationAccuracy > best.ValidationAccuracy {
			best = e
		}
	}
	return best.Epoch
}

// spend adds the time since the last call, and the memory, to the record.
func (f *fitting) spend() {
	now := time.Now()
	f.Record.Seconds += now.Sub(f.began).Seconds()
	f.Record.PeakMemory = max(f.Record.PeakMemory, PeakMemory())
	f.began = now
}

// predictBest saves the validation predictions of the best epoch's model.
func (f *fitting) predictBest() error {
	c, found, err := f.LoadCheckpoint(run.Best)
	if !found {
		return fmt.Errorf("the checkpoint of the best epoch is gone: %w", err)
	}
	if err := f.program.restore(c.Tensors); err != nil {
		return err
	}
	p, err := f.program.predict(f.validation)
	if err != nil {
		return err
	}
	return f.SavePredictions(run.Validation, p)
}
