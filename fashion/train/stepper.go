package train

import (
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/run"
)

// Stepper does training steps of a recipe outside of any run, to time them.
type Stepper struct {
	Device     string
	Parameters int

	program  *program
	training part
	feed     feed
	steps    int // done
}

// NewStepper loads a recipe's training images and compiles its step.
func NewStepper(recipe run.Recipe) (*Stepper, error) {
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	return newStepper(backend, recipe, partOf(backend, recipe))
}

func newStepper(backend compute.Backend, recipe run.Recipe, part int) (*Stepper, error) {
	if err := Check(recipe); err != nil {
		return nil, err
	}
	training, validation, _, err := load(recipe.Data)
	if err != nil {
		return nil, err
	}
	s := &Stepper{Device: device(backend), training: training}
	err = try(func() error {
		if s.program, err = newProgram(backend, recipe, part); err != nil {
			return err
		}
		s.training.upload(1)
		validation.upload(evaluationBatch)
		s.program.images = training.set.Len()
		s.Parameters = s.program.count(s.program.names)
		s.feed = newFeed(s.training, recipe, 1)
		return s.program.compile(s.training, validation)
	})
	return s, err
}

// Time does so many steps and returns the wall time of each in milliseconds, data feeding and the reading of loss and
// hits included. Three more steps go before them.
func (s *Stepper) Time(steps int) ([]float64, error) {
	recipe := s.program.recipe
	var ms []float64
	for i := range steps + 3 {
		start := time.Now()
		position := s.steps % (s.feed.order.Shape().Size() / recipe.Batch)
		if _, _, err := s.program.train(s.training, s.feed, position, s.steps, recipe.Optimizer.Rate); err != nil {
			return nil, err
		}
		s.steps++
		if i >= 3 {
			ms = append(ms, time.Since(start).Seconds()*1000)
		}
	}
	return ms, nil
}
