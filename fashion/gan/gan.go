package gan

import (
	"context"
	"fmt"
	"slices"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Fit trains a GAN's recipe into the run of that name (see run.Store.Path) and returns the run. A finished run of the same recipe is read and nothing is trained; an interrupted
// one resumes after its last epoch and ends as if it had never been interrupted; a run of another recipe is an error that shows the difference. The run's generator is that
// of the epoch with the least Frechet distance to validation images.
//
// report, if not nil, is called several times a second, always from the calling goroutine. own contains what is user-defined: a models.GAN or an
// optim.OwnSchedule that the recipe names. The run keeps what the GAN is; another one under the same run name is an error that shows which layers differ.
func Fit(name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	return FitContext(context.Background(), name, recipe, report, own...)
}

// FitContext is Fit until the context ends: it then stops before its next execution (1 to 32 steps) with a train.InterruptedError, and the next call resumes it after its last
// epoch.
func FitContext(ctx context.Context, name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	return fit(ctx, name, recipe, run.Begin, report, own)
}

// Extend is Fit for a recipe of which the run may already have had fewer epochs: it resumes, and ends as a run that had all of them at once. A run of more epochs is left as
// it is.
func Extend(name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	return fit(context.Background(), name, recipe, run.Extend, report, own)
}

func fit(ctx context.Context, name string, recipe recipes.Recipe, begin func(string, recipes.Recipe) (*run.Run, error), report func(run.Progress), own []recipes.Own) (*run.Run, error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return nil, err
	}
	if err := Check(recipe, own...); err != nil {
		return nil, err
	}
	return session.Config{
		Dir: dir, Recipe: recipe, Begin: begin, Own: own, Report: report, Best: run.Closest,
		Images: func(ctx context.Context, d recipes.Data, progress func(done, of int)) (*session.Images, error) {
			return session.Load(ctx, d, own, progress)
		},
		Loop: func(s *session.Session) session.Loop { return &loop{Session: s, own: own} },
	}.Run(ctx)
}

// Check reports what in a recipe no training of a GAN could use, before anything is read or compiled.
func Check(r recipes.Recipe, own ...recipes.Own) error {
	if err := r.Validate(); err != nil {
		return err
	}
	for _, part := range own {
		switch part.(type) {
		case models.GAN, optim.OwnSchedule:
		default:
			return fmt.Errorf("a %T is passed, want a models.GAN or an optim.OwnSchedule: nothing else of a GAN can be user-defined", part)
		}
	}
	if err := session.CheckNamed(r, own); err != nil {
		return err
	}
	if _, err := models.GANOf(r.Model, recipes.OwnOf[models.GAN](own)...); err != nil {
		return err
	}
	if _, err := optim.New(r.Optimizer); err != nil {
		return err
	}
	switch {
	case r.Optimizer.LayerDecay != 0:
		return fmt.Errorf("optimizer.layer_decay is %v, want 0 for %s, which has none", r.Optimizer.LayerDecay, r.Model.Name)
	case r.Data.Synthetic != recipes.Synthetic{}:
		return fmt.Errorf("data.synthetic is %+v, want none for %s: a GAN imitates real images", r.Data.Synthetic, r.Model.Name)
	case r.Loss != "" || r.Regularization != recipes.Regularization{} || r.Optimizer.ClipNorm != 0 || r.Optimizer.EMA != 0 || r.PreciseBN != 0 || r.Keep != "":
		return fmt.Errorf("the recipe sets loss %q, regularization %+v, optimizer.clip_norm %v, optimizer.ema %v, precise_bn %d and keep %q, want none of them for %s, which is no classifier",
			r.Loss, r.Regularization, r.Optimizer.ClipNorm, r.Optimizer.EMA, r.PreciseBN, r.Keep, r.Model.Name)
	case r.GAN.Loss == "":
		return fmt.Errorf("gan.loss is empty, want cross-entropy or hinge for %s", r.Model.Name)
	case r.Schedule.Name == "plateau":
		return fmt.Errorf("schedule.name is plateau, want another for %s: a GAN has no validation loss", r.Model.Name)
	case r.Augmentation != recipes.Augmentation{} || r.Data.Task != "":
		return fmt.Errorf("the recipe asks for %+v and the task %q, want neither for %s: a GAN imitates the images as they are", r.Augmentation, r.Data.Task, r.Model.Name)
	}
	return optim.CheckSchedule(r.Schedule, recipes.OwnOf[optim.OwnSchedule](own)...)
}

// Stepper does training steps outside of any run, to time them.
type Stepper = session.Stepper

// NewStepper loads a recipe's training images and compiles its steps. A step is one of each network. own is as in Fit.
func NewStepper(recipe recipes.Recipe, own ...recipes.Own) (*Stepper, error) {
	if err := Check(recipe, own...); err != nil {
		return nil, err
	}
	backend, err := infer.Backend()
	if err != nil {
		return nil, err
	}
	images, err := session.Load(context.Background(), recipe.Data, nil, nil)
	if err != nil {
		return nil, err
	}
	var s *Stepper
	err = layers.Catch(func() error {
		g, err := newGame(backend, recipe, own, images.Training.Real, 0)
		if err != nil {
			return err
		}
		feed := session.NewFeed(images.Training, recipe, 1)
		s = session.NewStepper(backend, feed.Steps, g.loop.Length, g.parameters(), func(position, step, count int) error {
			_, err := g.train(feed, position, step, slices.Repeat([]float64{recipe.Optimizer.LearningRate}, count))
			return err
		})
		return g.compile(feed)
	})
	return s, err
}

// HalfPrecision is the checkpoint of a run's best epoch with the generator's parameters alone, in half precision: what a GAN is published as.
func HalfPrecision(r *run.Run) (run.Checkpoint, error) {
	c, err := r.Checkpoint(run.Best)
	if err != nil {
		return run.Checkpoint{}, err
	}
	if c.Tensors, err = infer.Halve(generatorOf(c.Tensors)); err != nil {
		return run.Checkpoint{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return c, nil
}
