package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// fitting is one process's work on a run, whatever learns.
type fitting struct {
	*run.Run
	ctx     context.Context // when it ends, so does the training, before its next step
	trainer *Trainer
	state   run.State
	images  int             // of an epoch
	samples []fashion.Image // of a GAN, after the last epoch
	began   time.Time       // when this process began, or last added to the record's seconds
	meter   meter
	report  func(run.Progress)
	best    func([]run.Epoch) run.Epoch // the epoch whose model is the run's
}

// learner is what learns in a run: a classifier or the networks of a GAN.
type learner interface {
	prepare(compute.Backend) error // makes the variables, restores the last checkpoint or sets the first values, and compiles
	epoch(epoch int) error         // trains and validates one epoch and saves all of it
	finish() error                 // saves what the best epoch's model gives
}

func (f *fitting) fit() error {
	var l learner = &classifying{fitting: f}
	f.best = run.MostAccurate
	if models.IsGAN(f.Recipe.Model.Name) {
		l, f.best = &opposing{fitting: f}, run.Closest
	}
	if err := f.prepare(l); err != nil {
		return err
	}
	for epoch := len(f.state.History) + 1; epoch <= f.Recipe.Epochs; epoch++ {
		if err := l.epoch(epoch); err != nil {
			return err
		}
	}
	if err := l.finish(); err != nil {
		return err
	}
	f.spend()
	if err := f.Finish(); err != nil {
		return err
	}
	f.report(run.Progress{Recipe: f.Recipe, History: f.History, Epoch: f.Recipe.Epochs, Stage: "done"})
	return nil
}

// prepare loads the images, has the learner prepared, and records with what.
func (f *fitting) prepare(l learner) error {
	f.report(run.Progress{Recipe: f.Recipe, History: f.History, Epoch: len(f.History) + 1, Stage: "compiling"})
	backend, err := Backend()
	if err != nil {
		return err
	}
	if err := f.trainer.load(f.Recipe.Data); err != nil {
		return err
	}
	f.images = f.trainer.training.real
	if f.Record.Data == nil {
		f.Record.Data = map[string]string{}
	}
	for what, sum := range f.trainer.sums {
		if before := f.Record.Data[what]; before != "" && before != sum && len(f.History) > 0 {
			return fmt.Errorf("the %s are not those that the run began with: their sha256 is %s, want %s; provide those, or remove the run to train anew", what, sum, before)
		}
	}
	maps.Copy(f.Record.Data, f.trainer.sums)
	if err := f.keepSchedule(); err != nil {
		return err
	}
	if err := l.prepare(backend); err != nil {
		return err
	}
	if before, moved := f.Record.ComputedOn(Describe(backend), len(f.History)); moved {
		fmt.Fprintf(os.Stderr, "warning: %s was computed on %q up to epoch %d and resumes on %q: the result is not bit for bit that of either\n",
			f.Dir, before, len(f.History), f.Record.Device)
	}
	f.Record.GoVersion, f.Record.Modules = runtime.Version(), modules()
	return f.SaveRecord()
}

// compile compiles what is needed and counts the time.
func (f *fitting) compile(graphs func() error) error {
	start := time.Now()
	defer func() { f.Record.CompileSeconds += time.Since(start).Seconds() }()
	return graphs()
}

// resume restores the state after the last finished epoch, or sets the first one with what start says.
func (f *fitting) resume(v variables, start func() error) error {
	c, found, err := f.LoadCheckpoint(run.Last)
	if err != nil && !found {
		return err
	}
	if !found {
		f.state = run.State{Recipe: f.Recipe, Rate: f.Recipe.Optimizer.Rate}
		return start()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "warning: %v\n", err)
	}
	if err := v.restore(c.Tensors); err != nil {
		return err
	}
	f.state = c.State
	f.state.Recipe = f.Recipe // of more epochs, if the run was extended
	f.Record.Resumed++
	f.Record.BestEpoch = f.best(c.State.History).Epoch
	return f.SaveHistory(c.State.History)
}

// save writes the best checkpoint, if this epoch's is, the last one, the history and the record, in this order: a
// process that ends in between repeats the epoch, with the same outcome.
func (f *fitting) save(v variables) error {
	values, err := v.snapshot()
	if err != nil {
		return err
	}
	c := run.Checkpoint{State: f.state, Tensors: values}
	history := f.state.History
	if best := f.best(history).Epoch; best == history[len(history)-1].Epoch {
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

// restoreBest gives the variables the values of the best epoch.
func (f *fitting) restoreBest(v variables) error {
	c, found, err := f.LoadCheckpoint(run.Best)
	if !found {
		return errors.Join(errors.New("the checkpoint of the best epoch is gone; remove the run to train anew"), err)
	}
	return v.restore(c.Tensors)
}

// spend adds the time since the last call, and the memory, to the record.
func (f *fitting) spend() {
	now := time.Now()
	f.Record.Seconds += now.Sub(f.began).Seconds()
	f.Record.PeakMemory = max(f.Record.PeakMemory, PeakMemory())
	f.began = now
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

// rate is the learning rate of the next step, in epochs of so many.
func (f *fitting) rate(steps int) float64 {
	return optim.LearningRate(f.Recipe.Schedule, f.state.Rate, f.state.Step, f.Recipe.Epochs*steps, of[optim.Own](f.trainer.Own)...)
}

// finite reports a loss that is no number as an error.
func (f *fitting) finite(loss, rate float64, epoch int) error {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &DivergedError{loss, f.state.Step + 1, epoch, rate}
	}
	return nil
}
