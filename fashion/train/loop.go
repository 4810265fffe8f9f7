package train

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// loop is the training loop of a classifier.
type loop struct {
	*session.Session
	trainer *Trainer
	program *program
}

// Prepare makes the variables, restores the last checkpoint or sets the initial values, and compiles.
func (l *loop) Prepare(backend compute.Backend) (err error) {
	if l.program, err = l.trainer.program(backend, l.Recipe); err != nil {
		return err
	}
	p := l.program
	if err := l.KeepNetwork(p.built.Describe(models.IsOwn(l.Recipe.Model, l.trainer.Own...))); err != nil {
		return err
	}
	l.Record.Parameters = infer.CountValues(p.store, p.names)
	err = l.Resume(p.store, func() error {
		sum, err := p.start(l.Context())
		if sum != "" {
			l.Record.Data["weights"] = sum
		}
		return err
	})
	if err != nil {
		return err
	}
	sums, err := p.learnFromTeachers(l.Images)
	if err != nil {
		return err
	}
	if err := l.KeepSums(sums); err != nil {
		return err
	}
	return l.Compile(func() error { return p.compile(l.Images) })
}

// Epoch trains and validates one epoch and saves all of it.
func (l *loop) Epoch(epoch int) error {
	start := time.Now()
	feed := l.program.feed(l.Images, epoch)
	defer feed.Free()
	mean, rate, err := l.Steps(feed, epoch, l.program.together(), func(position int, rates []float64) ([]session.Step, error) {
		return l.program.execute(feed, position, l.State.Step, rates)
	})
	if diverged := (*DivergedError)(nil); errors.As(err, &diverged) {
		return l.explain(err)
	}
	if err != nil {
		return err
	}
	trained := time.Since(start)
	l.Validating(epoch, mean.Loss, mean.Accuracy)
	runningAccuracy, err := l.normalize(feed, epoch)
	if err != nil {
		return err
	}
	validation := l.Images.Validation.Set
	logits, err := l.program.model.LogitsOf(validation)
	if err != nil {
		return fmt.Errorf("validating: %w", err)
	}
	validationLoss, validationAccuracy, classes := evaluate(logits, validation.Labels)
	if err := l.FiniteValidationLoss(validationLoss, rate, epoch); err != nil {
		return err
	}
	if l.Recipe.Schedule.Name == "plateau" {
		l.State.LearningRate, l.State.Plateau = optim.ReduceOnPlateau(l.Recipe.Schedule, l.State.Plateau, l.State.LearningRate, validationLoss)
	}
	if err := l.KeepEpoch(epoch, l.validationIndices(), validation.Labels, classes); err != nil {
		return err
	}
	return l.Save(l.program.store, run.Epoch{
		Epoch: epoch, Loss: mean.Loss, Accuracy: mean.Accuracy, ValidationLoss: validationLoss, ValidationAccuracy: validationAccuracy,
		RunningAccuracy: runningAccuracy, LearningRate: rate, Seconds: time.Since(start).Seconds(), ImagesPerSecond: float64(l.Images.Training.Real) / trained.Seconds(),
	})
}

// normalize sets the precise statistics of batch normalization from batches of the epoch that was trained, if the recipe asks for them. It returns the validation accuracy that the running averages give.
func (l *loop) normalize(feed session.Feed, epoch int) (runningAccuracy float64, err error) {
	p := l.program
	if p.moments == nil {
		return 0, nil
	}
	if err := followRunning(p.store, p.running); err != nil {
		return 0, err
	}
	logits, err := p.model.LogitsOf(l.Images.Validation.Set)
	if err != nil {
		return 0, fmt.Errorf("validating: %w", err)
	}
	_, runningAccuracy, _ = evaluate(logits, l.Images.Validation.Set.Labels)
	var seen population
	for i := range min(feed.Steps, (l.Recipe.PreciseBN+l.Recipe.Batch-1)/l.Recipe.Batch) {
		if err := l.Interrupted(epoch); err != nil {
			return 0, err
		}
		if err := p.addMoments(&seen, feed, i, l.State.Step-feed.Steps+i); err != nil {
			return 0, err
		}
	}
	return runningAccuracy, infer.SetPreciseStatistics(p.store, p.running, seen.moments())
}

// explain adds to the error of a loss that is not finite where in the network it comes from, if it does so from the initial values on.
func (l *loop) explain(loss error) error {
	layer, err := l.program.notFinite(l.Images.Training.Set)
	if err != nil || layer == "" {
		return errors.Join(loss, err)
	}
	return fmt.Errorf("%w\nthe output of the layer %q is not finite before anything is learned: the network divides by zero, or takes a root or logarithm of what is not positive, there", loss, layer)
}

// Finish saves the validation predictions of the best epoch's model.
func (l *loop) Finish() error {
	if err := l.RestoreBest(l.program.store); err != nil {
		return err
	}
	p, err := l.program.model.Predict(l.Images.Validation.Set)
	if err != nil {
		return err
	}
	p.Indices = l.validationIndices()
	return l.SavePredictions(run.Validation, p)
}

// validationIndices are the positions of the validation images in the file of training images.
func (l *loop) validationIndices() []int32 {
	indices := make([]int32, len(l.Images.Validation.Indices))
	for i, index := range l.Images.Validation.Indices {
		indices[i] = int32(index)
	}
	return indices
}

// evaluate returns the mean cross-entropy in nats, the fraction of rows whose largest logit is the label's, and the class of each row's largest logit.
func evaluate(logits [][]float32, labels []fashion.Label) (loss, accuracy float64, classes []fashion.Label) {
	for i, row := range logits {
		best := run.ArgMax(row)
		high, sum := float64(row[best]), 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - high)
		}
		loss += math.Log(sum) + high - float64(row[labels[i]])
		classes = append(classes, best)
		if best == labels[i] {
			accuracy++
		}
	}
	return loss / float64(len(logits)), accuracy / float64(len(logits)), classes
}
