package train

import (
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// classifying is the fitting of a classifier.
type classifying struct {
	*fitting
	program              *program
	training, validation part
}

func (c *classifying) prepare(backend compute.Backend) (err error) {
	c.training, c.validation = c.trainer.training, c.trainer.validation
	if c.program, err = c.trainer.program(backend, c.Recipe); err != nil {
		return err
	}
	if err := c.KeepNetwork(c.program.described()); err != nil {
		return err
	}
	c.Record.Parameters = c.program.count(c.program.names)
	err = c.resume(c.program.variables, func() error {
		sum, err := c.program.start()
		if sum != "" {
			c.Record.Data["weights"] = sum
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.compile(func() error { return c.program.compile(c.training, c.validation) })
}

// epoch trains and validates one epoch and saves all of it.
func (c *classifying) epoch(epoch int) error {
	start := time.Now()
	loss, accuracy, rate, err := c.train(epoch)
	if err != nil {
		return err
	}
	trained := time.Since(start)
	c.report(c.progress("validating", epoch, 0, loss, accuracy))
	logits, err := c.program.logits(c.validation)
	if err != nil {
		return err
	}
	validationLoss, validationAccuracy := evaluate(logits, c.validation.set.Labels)
	if err := c.finite(validationLoss, rate, epoch); err != nil {
		return err
	}
	c.state.History = append(c.state.History, run.Epoch{
		Epoch: epoch, Loss: loss, Accuracy: accuracy, ValidationLoss: validationLoss, ValidationAccuracy: validationAccuracy,
		Rate: rate, Seconds: time.Since(start).Seconds(), ImagesPerSecond: float64(c.images) / trained.Seconds(),
	})
	if c.Recipe.Schedule.Name == "plateau" {
		c.state.Rate, c.state.Plateau = optim.ReduceOnPlateau(c.Recipe.Schedule, c.state.Plateau, c.state.Rate, validationLoss)
	}
	return c.save(c.program.variables)
}

// train does the steps of one epoch. It returns the mean loss in nats, the accuracy and the last step's rate.
func (c *classifying) train(epoch int) (loss, accuracy, rate float64, err error) {
	batch := c.Recipe.Batch
	feed := newFeed(c.training, c.Recipe, epoch)
	defer feed.free()
	steps, seen := feed.order.Shape().Size()/batch, 0
	for i := range steps {
		if err := c.interrupted(epoch); err != nil {
			return 0, 0, 0, err
		}
		rate = c.rate(steps)
		sum, hits, err := c.program.train(c.training, feed, i, c.state.Step, rate)
		if err != nil {
			return 0, 0, 0, err
		}
		if err := c.finite(sum, rate, epoch); err != nil {
			return 0, 0, 0, c.explain(err)
		}
		c.state.Step++
		seen += min(batch, c.images-i*batch)
		loss, accuracy = loss+sum, accuracy+hits
		if c.meter.step() {
			c.report(c.progress("training", epoch, i+1, loss/float64(seen), accuracy/float64(seen)))
		}
	}
	return loss / float64(seen), accuracy / float64(seen), rate, nil
}

// explain adds to the error of a loss that is no number where in the network it comes from, if it does so from the first values on.
func (c *classifying) explain(loss error) error {
	layer, err := c.program.notFinite(c.training)
	if err != nil || layer == "" {
		return errors.Join(loss, err)
	}
	return fmt.Errorf("%w\nthe output of the layer %q is no number before anything is learned: the network divides by zero, or takes a root or logarithm of what is not positive, there", loss, layer)
}

// finish saves the validation predictions of the best epoch's model.
func (c *classifying) finish() error {
	if err := c.restoreBest(c.program.variables); err != nil {
		return err
	}
	p, err := c.program.predict(c.validation)
	if err != nil {
		return err
	}
	return c.SavePredictions(run.Validation, p)
}
