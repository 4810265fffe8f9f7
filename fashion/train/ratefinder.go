package train

import (
	"context"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// FindRate is a learning-rate range test: it trains a recipe's network for up to so many steps, outside of any run, with a learning rate that grows from low to high, 0 < low < high, by the same
// factor from step to step, and ends when the loss has exploded. It returns the rates and the training losses (nats) until then. The recipe's own rate and schedule do not matter. own is as in Fit.
func FindRate(recipe recipes.Recipe, low, high float64, steps int, own ...recipes.Own) (t optim.RateTest, err error) {
	if err := optim.CheckRates(low, high, steps); err != nil {
		return t, err
	}
	if err := Check(recipe, own...); err != nil {
		return t, err
	}
	if err := session.CheckNamed(recipe, own); err != nil {
		return t, err
	}
	backend, err := infer.Backend()
	if err != nil {
		return t, err
	}
	trainer := Trainer{Own: own, together: 1} // each step has its own rate
	images, err := trainer.load(context.Background(), recipe.Data, nil)
	if err != nil {
		return t, err
	}
	err = layers.Catch(func() error {
		p, err := trainer.program(backend, recipe)
		if err != nil {
			return err
		}
		if _, err := p.start(context.Background()); err != nil {
			return err
		}
		if _, err := p.learnFromTeachers(images); err != nil {
			return err
		}
		if err := p.compile(images); err != nil {
			return err
		}
		for epoch := 1; len(t.Rates) < steps && !t.Exploded(); epoch++ {
			if err := p.growRate(&t, p.feed(images, epoch), low, high, steps); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

// growRate goes on with a rate test for an epoch, or to its end.
func (p *program) growRate(t *optim.RateTest, feed session.Feed, low, high float64, steps int) error {
	defer feed.Free()
	for i := 0; i < feed.Steps && len(t.Rates) < steps && !t.Exploded(); i++ {
		step := len(t.Rates)
		rate := optim.RateAt(low, high, step, steps)
		done, err := p.train(feed, i, step, rate)
		if err != nil {
			return err
		}
		t.Rates, t.Losses = append(t.Rates, rate), append(t.Losses, done.Loss/done.Weight)
	}
	return nil
}
