package train

import (
	"context"
	"slices"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Stepper does training steps outside of any run, to time them.
type Stepper = session.Stepper

// NewStepper loads a recipe's training images and compiles its step. own is as in Fit.
func NewStepper(recipe recipes.Recipe, own ...recipes.Own) (*Stepper, error) {
	if err := Check(recipe, own...); err != nil {
		return nil, err
	}
	backend, err := infer.Backend()
	if err != nil {
		return nil, err
	}
	images, err := session.Load(context.Background(), recipe.Data, own, nil)
	if err != nil {
		return nil, err
	}
	var s *Stepper
	err = layers.Catch(func() error {
		p, err := newProgram(backend, recipe, own, true)
		if err != nil {
			return err
		}
		if err := p.setImages(images.Training.Real, 0); err != nil {
			return err
		}
		if _, err := p.learnFromTeachers(images); err != nil {
			return err
		}
		feed := p.feed(images, 1)
		s = session.NewStepper(backend, feed.Steps, p.together(), infer.CountValues(p.store, p.names), func(position, step, count int) error {
			_, err := p.execute(feed, position, step, slices.Repeat([]float64{recipe.Optimizer.LearningRate}, count))
			return err
		})
		return p.compile(images)
	})
	return s, err
}
