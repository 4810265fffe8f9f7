package train

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// Trainer fits one recipe after the other and keeps what it compiled: a recipe that differs from one before it in its seed, its dropout, in
// numbers of the optimizer, in the schedule, in the epochs, in its first weights or in which images it has, not in how many, compiles nothing. It
// keeps the variables of each model that it compiled, too. The zero value is ready; a Trainer is for one goroutine.
type Trainer struct {
	Own []Part // whose names recipes may have

	programs map[compiled]*program

	data                 run.Data // of what is loaded
	training, validation part
	sums                 map[string]string
}

// Fit trains a recipe into the run of that name (see run.Path) and returns the run. A finished run of the same recipe
// is read and nothing is trained; an interrupted one resumes after its last epoch and ends as if it had never been
// interrupted; a run of another recipe is an error that shows the difference. The run's model is that of the epoch
// with the best validation accuracy, and its predictions for the validation images are saved.
//
// report, if not nil, is called several times a second, always from the calling goroutine.
//
// A network of one's own, whose name the recipe's model has, is handed over. The run keeps what it is; another one under the same run name is an error that shows
// which layers differ.
func Fit(name string, recipe run.Recipe, report func(run.Progress), own ...Part) (*run.Run, error) {
	return (&Trainer{Own: own}).Fit(name, recipe, report)
}

// Extend is Fit for a recipe of which the run may already have had fewer epochs: it goes on, and ends as a run that had all of
// them at once. A run of more epochs is left as it is.
func Extend(name string, recipe run.Recipe, report func(run.Progress), own ...Part) (*run.Run, error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return nil, err
	}
	return (&Trainer{Own: own}).fit(context.Background(), dir, recipe, run.Extend, report)
}

// Fit is the function Fit.
func (t *Trainer) Fit(name string, recipe run.Recipe, report func(run.Progress)) (*run.Run, error) {
	return t.FitContext(context.Background(), name, recipe, report)
}

// FitContext is Fit until the context ends: the training then stops before its next step with an InterruptedError, and the
// next call resumes it after its last epoch. Compiling and validating are not cut short.
func (t *Trainer) FitContext(ctx context.Context, name string, recipe run.Recipe, report func(run.Progress)) (*run.Run, error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return nil, err
	}
	return t.fit(ctx, dir, recipe, run.Begin, report)
}

func (t *Trainer) fit(ctx context.Context, dir string, recipe run.Recipe, begin func(string, run.Recipe) (*run.Run, error), report func(run.Progress)) (*run.Run, error) {
	if err := Check(recipe, t.Own...); err != nil {
		return nil, err
	}
	if r, err := run.Open(dir); err == nil && len(r.History) > 0 {
		if err := checkNetwork(r, t.Own); err != nil { // before anything of the run is changed
			return nil, err
		}
		if r.Finished() && r.Recipe == recipe {
			return r, nil
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", dir, &InterruptedError{Err: ctx.Err()})
	}
	r, err := begin(dir, recipe)
	if err != nil {
		return nil, err
	}
	defer r.Close() // the lock; what was saved is on the disk
	if r.Finished() {
		return r, nil
	}
	if report == nil {
		report = func(run.Progress) {}
	}
	f := fitting{Run: r, ctx: ctx, trainer: t, report: report, began: time.Now()}
	if err := try(f.fit); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}

// Check reports what in a recipe no training could use, before anything is read or compiled. Networks of one's own that it may name are handed over.
func Check(recipe run.Recipe, own ...Part) error {
	if err := recipe.Validate(); err != nil {
		return err
	}
	if err := checkOwn(recipe, own); err != nil {
		return err
	}
	if err := models.Check(recipe.Model, of[models.Network](own)...); err != nil {
		return err
	}
	if _, err := optim.New(recipe.Optimizer); err != nil {
		return err
	}
	if d := recipe.Optimizer.LayerDecay; d != 0 {
		if network, err := models.Of(recipe.Model, of[models.Network](own)...); err != nil || network.LayerDecay == nil {
			return fmt.Errorf("optimizer.layer_decay is %v, want 0 for %s, which has none", d, recipe.Model.Name)
		}
	}
	if err := checkGAN(recipe); err != nil {
		return err
	}
	return optim.CheckSchedule(recipe.Schedule, of[optim.Own](own)...)
}

// checkGAN reports what a GAN's recipe lacks or has no use for, and what only a GAN's may ask for.
func checkGAN(r run.Recipe) error {
	if !models.IsGAN(r.Model.Name) {
		if r.GAN != (run.GAN{}) {
			return fmt.Errorf("gan is %+v, want none for %s, which is no GAN", r.GAN, r.Model.Name)
		}
		return nil
	}
	switch {
	case r.GAN.Loss == "":
		return fmt.Errorf("gan.loss is empty, want cross-entropy or hinge for %s", r.Model.Name)
	case r.Schedule.Name == "plateau":
		return fmt.Errorf("schedule.name is plateau, want another for %s: a GAN has no validation loss", r.Model.Name)
	case r.Augmentation != run.Augmentation{} || r.Data.Task != "":
		return fmt.Errorf("the recipe asks for %+v and the task %q, want neither for %s: a GAN imitates the images as they are", r.Augmentation, r.Data.Task, r.Model.Name)
	}
	return nil
}

// load reads the images that a recipe asks for, unless they are those of the recipe before.
func (t *Trainer) load(d run.Data) error {
	if t.sums != nil && t.data == d {
		return nil
	}
	training, validation, sums, err := load(d)
	if err != nil {
		return err
	}
	training.upload(1)
	validation.upload(evaluationBatch)
	t.data, t.training, t.validation, t.sums = d, training, validation, sums
	return nil
}

// compiled is what the graphs of a recipe depend on.
type compiled struct {
	recipe                     run.Recipe // without what they do not depend on
	stored, images, validation int        // images at hand, of an epoch and to validate
}

func (t *Trainer) compiled(r run.Recipe) compiled {
	for _, v := range []*float64{&r.Model.Dropout, &r.Optimizer.Momentum} {
		if *v > 0 {
			*v = 0.5 // that there is any
		}
	}
	r.Optimizer.Rate, r.Optimizer.Beta1, r.Optimizer.Beta2, r.Optimizer.WeightDecay = 0, 0, 0, 0
	r.Schedule, r.Epochs, r.Seed, r.Data, r.Model.Weights = run.Schedule{}, 0, 0, run.Data{}, run.Weights{}
	return compiled{r, t.training.set.Len(), t.training.real, t.validation.set.Len()}
}

// program returns the program of a recipe on the images that are loaded, with its initial values. It may not be compiled yet.
func (t *Trainer) program(backend compute.Backend, r run.Recipe) (*program, error) {
	key := t.compiled(r)
	if p := t.programs[key]; p != nil {
		return p, p.turnTo(r)
	}
	p, err := newProgram(backend, r, t.Own, true)
	if err != nil {
		return nil, err
	}
	p.images = t.training.real
	if p.initial, err = p.snapshot(); err != nil {
		return nil, err
	}
	if t.programs == nil {
		t.programs = map[compiled]*program{}
	}
	t.programs[key] = p
	return p, nil
}
