package train

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Trainer fits one recipe after the other and keeps what it compiled: a recipe that differs from one before it in its seed, its dropout, in
// the optimizer's rate, betas, momentum, weight decay or EMA, in the schedule, in the epochs, in its first weights or in which images it has, not in how many, compiles nothing. It
// keeps the variables of each model that it compiled, too. The zero value is ready; a Trainer is for one goroutine.
type Trainer struct {
	Own   []recipes.Own // whose names recipes may have
	named bool          // each of them must be named by the recipe

	programs map[compiled]*program
	together int          // steps of an execution; 0 means as many as suit the backend
	data     recipes.Data // of the images
	images   *session.Images
}

// Fit trains a recipe into the run of that name (see run.Store.Path) and returns the run. A finished run of the same recipe
// is read and nothing is trained; an interrupted one resumes after its last epoch and ends as if it had never been
// interrupted; a run of another recipe is an error that shows the difference. The run's model is that of the epoch
// with the best validation accuracy, unless the recipe says the last, and its predictions for the validation images are saved.
//
// report, if not nil, is called several times a second, always from the calling goroutine.
//
// own contains what is user-defined: a models.Network, an augment.Own, an optim.OwnLoss, an optim.OwnSchedule or an optim.OwnRule that the recipe names, and a Synthesizer for a recipe with synthetic images;
// what is missing is an error, and so is what the recipe does not name. The run keeps what the network is; another one under the same run name is an error that shows which layers differ. A GAN is trained by gan.Fit.
func Fit(name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	return FitContext(context.Background(), name, recipe, report, own...)
}

// FitContext is Fit until the context ends, see Trainer.FitContext.
func FitContext(ctx context.Context, name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	return (&Trainer{Own: own, named: true}).FitContext(ctx, name, recipe, report)
}

// Extend is Fit for a recipe of which the run may already have had fewer epochs: it resumes, and ends as a run that had all of
// them at once. A run of more epochs is left as it is. A schedule that spans the whole training (see recipes.Recipe.SpansTraining), such as a cosine without a number of steps, cannot be extended: with other epochs
// it is another one from the first step on.
func Extend(name string, recipe recipes.Recipe, report func(run.Progress), own ...recipes.Own) (*run.Run, error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return nil, err
	}
	return (&Trainer{Own: own, named: true}).fit(context.Background(), dir, recipe, run.Extend, report)
}

// Fit is the function Fit.
func (t *Trainer) Fit(name string, recipe recipes.Recipe, report func(run.Progress)) (*run.Run, error) {
	return t.FitContext(context.Background(), name, recipe, report)
}

// FitContext is Fit until the context ends: the training then stops before its next execution (one step, or up to 32 on a GPU) with an InterruptedError, and the
// next call resumes it after its last epoch. Compiling and validating are not cut short.
func (t *Trainer) FitContext(ctx context.Context, name string, recipe recipes.Recipe, report func(run.Progress)) (*run.Run, error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return nil, err
	}
	return t.fit(ctx, dir, recipe, run.Begin, report)
}

func (t *Trainer) fit(ctx context.Context, dir string, recipe recipes.Recipe, begin func(string, recipes.Recipe) (*run.Run, error), report func(run.Progress)) (*run.Run, error) {
	if err := Check(recipe, t.Own...); err != nil {
		return nil, err
	}
	if t.named {
		if err := session.CheckNamed(recipe, t.Own); err != nil {
			return nil, err
		}
	}
	best := run.MostAccurate
	if recipe.Keep == recipes.LastEpoch {
		best = run.LastOf
	}
	return session.Config{
		Dir: dir, Recipe: recipe, Begin: begin, Own: t.Own, Report: report, Images: t.load, Best: best,
		Loop: func(s *session.Session) session.Loop { return &loop{Session: s, trainer: t} },
	}.Run(ctx)
}

// Check reports what in a recipe no training of a classifier could use, before anything is read or compiled. own is as in Fit.
func Check(recipe recipes.Recipe, own ...recipes.Own) error {
	if err := recipe.Validate(); err != nil {
		return err
	}
	if err := checkOwn(recipe, own); err != nil {
		return err
	}
	network, err := models.Of(recipe.Model, recipes.OwnOf[models.Network](own)...)
	switch {
	case recipe.IsGAN() && err != nil:
		return fmt.Errorf("the model is %s, a GAN; gan.Fit trains it", recipe.Model.Name)
	case recipe.IsGAN():
		return fmt.Errorf("gan is %+v, want none for %s, which is no GAN", recipe.GAN, recipe.Model.Name)
	case err != nil:
		return err
	}
	if _, err := optim.New(recipe.Optimizer, recipes.OwnOf[optim.OwnRule](own)...); err != nil {
		return err
	}
	if _, err := optim.Loss(recipe.Loss, recipes.OwnOf[optim.OwnLoss](own)...); err != nil {
		return err
	}
	if d := recipe.Optimizer.LayerDecay; d != 0 && network.LayerDecay == nil {
		return fmt.Errorf("optimizer.layer_decay is %v, want 0 for %s, which has none", d, recipe.Model.Name)
	}
	if recipe.PreciseBN > 0 {
		normalized, err := batchNormalized(recipe, own)
		if err != nil {
			return err
		}
		if !normalized {
			return fmt.Errorf("precise_bn is %d, want 0 for %s, which has no batch normalization", recipe.PreciseBN, recipe.Model.Name)
		}
	}
	return optim.CheckSchedule(recipe.Schedule, recipes.OwnOf[optim.OwnSchedule](own)...)
}

// batchNormalized reports whether a recipe's network has batch normalization.
func batchNormalized(recipe recipes.Recipe, own []recipes.Own) (bool, error) {
	summary, err := models.Summarize(recipe.Model, own...)
	return err == nil && len(layers.RunningStatistics(summary.Layers)) > 0, err
}

// Synthesizer makes the synthetic images that a recipe mixes in. Those of a GAN are made by gan.Synthesizer.
type Synthesizer = session.Synthesizer

// InterruptedError is a training that stopped because its context ended.
type InterruptedError = session.InterruptedError

// DivergedError is a training in which something is not finite any more.
type DivergedError = session.DivergedError

// load reads the images that a recipe asks for, unless they are those of the recipe before.
func (t *Trainer) load(ctx context.Context, d recipes.Data, progress func(done, of int)) (*session.Images, error) {
	if t.images != nil && t.data == d {
		return t.images, nil
	}
	images, err := session.Load(ctx, d, t.Own, progress)
	if err != nil {
		return nil, err
	}
	t.data, t.images = d, images
	return images, nil
}

// compiled is what the graphs of a recipe depend on.
type compiled struct {
	recipe                     recipes.Recipe // without what they do not depend on
	stored, images, validation int            // images at hand, of an epoch and to validate
}

func (t *Trainer) compiled(r recipes.Recipe) compiled {
	for _, v := range []*float64{&r.Model.Dropout, &r.Optimizer.Momentum, &r.Optimizer.EMA} {
		if *v > 0 {
			*v = 0.5 // that there is any
		}
	}
	if r.Regularization.Mixes() {
		r.Regularization.Mixup, r.Regularization.CutMix = 1, 0 // what is drawn is an input
	}
	r.PreciseBN = min(r.PreciseBN, 1) // that there is any
	r.Optimizer.LearningRate, r.Optimizer.Beta1, r.Optimizer.Beta2, r.Optimizer.WeightDecay = 0, 0, 0, 0
	r.Schedule, r.Epochs, r.Seed, r.Keep, r.Data, r.Model.Weights = recipes.Schedule{}, 0, 0, "", recipes.Data{}, recipes.Weights{}
	return compiled{r, t.images.Training.Set.Len(), t.images.Training.Real, t.images.Validation.Set.Len()}
}

// program returns the program of a recipe on the images that are loaded, with its initial values. It may not be compiled yet.
func (t *Trainer) program(backend compute.Backend, r recipes.Recipe) (*program, error) {
	key := t.compiled(r)
	if p := t.programs[key]; p != nil {
		return p, p.turnTo(r)
	}
	p, err := newProgram(backend, r, t.Own, true)
	if err != nil {
		return nil, err
	}
	if err := p.setImages(t.images.Training.Real, t.together); err != nil {
		return nil, err
	}
	if p.initial, err = infer.Snapshot(p.store); err != nil {
		return nil, err
	}
	if t.programs == nil {
		t.programs = map[compiled]*program{}
	}
	t.programs[key] = p
	return p, nil
}
