package train

import (
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// Stepper does training steps of a recipe outside of any run, to time them. A step of a GAN is one of each of its networks.
type Stepper struct {
	Device     string
	Parameters int

	step      func(position, step int) error
	positions int // steps of an epoch
	steps     int // done
}

// NewStepper loads a recipe's training images and compiles its step. The code of a network of one's own is handed over.
func NewStepper(recipe run.Recipe, own ...Part) (*Stepper, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	if err := Check(recipe, own...); err != nil {
		return nil, err
	}
	training, validation, _, err := load(recipe.Data)
	if err != nil {
		return nil, err
	}
	s := &Stepper{Device: Describe(backend).Device}
	err = try(func() error {
		training.upload(1)
		feed := newFeed(training, recipe, 1)
		s.positions = feed.order.Shape().Size() / recipe.Batch
		if models.IsGAN(recipe.Model.Name) {
			return s.ofGAN(backend, recipe, training, feed)
		}
		validation.upload(evaluationBatch)
		return s.ofClassifier(backend, recipe, own, training, validation, feed)
	})
	return s, err
}

func (s *Stepper) ofClassifier(backend compute.Backend, recipe run.Recipe, own []Part, training, validation part, feed feed) error {
	p, err := newProgram(backend, recipe, own, true)
	if err != nil {
		return err
	}
	p.images = training.real
	s.Parameters = p.count(p.names)
	s.step = func(position, step int) error {
		_, _, err := p.train(training, feed, position, step, recipe.Optimizer.Rate)
		return err
	}
	return p.compile(training, validation)
}

func (s *Stepper) ofGAN(backend compute.Backend, recipe run.Recipe, training part, feed feed) error {
	p, err := newPair(backend, recipe, training.real)
	if err != nil {
		return err
	}
	s.Parameters = p.count(p.discriminator.names) + p.count(p.generator.names)
	s.step = func(position, step int) error {
		_, err := p.train(training, feed, position, step, recipe.Optimizer.Rate, recipe.GAN.Rate)
		return err
	}
	return p.compile(training, feed.order)
}

// Time does so many steps and returns the wall time of each in milliseconds, data feeding and the reading of loss and
// hits included. Three more steps go before them.
func (s *Stepper) Time(steps int) ([]float64, error) {
	var ms []float64
	for i := range steps + 3 {
		start := time.Now()
		if err := s.step(s.steps%s.positions, s.steps); err != nil {
			return nil, err
		}
		s.steps++
		if i >= 3 {
			ms = append(ms, time.Since(start).Seconds()*1000)
		}
	}
	return ms, nil
}
