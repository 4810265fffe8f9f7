package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func trainCommand() command {
	return command{
		name: "train", summary: "train a recipe of the study and test it", heeds: true,
		text: `Trains a recipe of the study into a run, tests it, and prints its accuracy with the 95% interval. A finished training is not repeated, an interrupted
one resumes after its last epoch: Ctrl-C stops between two steps, on a GPU between two executions of about 30. The recipe "mixing" trains the whole ablation of synthetic images. With -all the trainings by which the slides' claims are judged are made one after
the other, in as many calls as you like.

With -data it trains on a data set of your own: a folder of four IDX files like Fashion-MNIST's, with the names of the classes in classes.txt, a line for each;
or a folder of pictures, with a subfolder for each class, perhaps in folders train and test. They become grey images of 28x28 pixels, or larger ones with -side and in
colour with -color.`,
		example: "train -recipe cnn-augmented -profile smoke -seed 2",
		define: func(f *flag.FlagSet) prepare {
			o, q := trainOptions{}, queueOptions{}
			f.StringVar(&o.recipe, "recipe", "cnn", "`name` of the recipe: "+strings.Join(study.Names(), ", ")+" or mixing")
			profile := addProfile(f)
			f.StringVar(&o.name, "name", "", "`name` of the run (default PROFILE/RECIPE, with -data own/FOLDER/RECIPE; -seedN is appended for another seed than the recipe's)")
			f.IntVar(&o.epochs, "epochs", 0, "number of epochs; a cosine schedule spans all of them (default the recipe's)")
			f.Uint64Var(&o.seed, "seed", 0, "seed of the initial weights, data order, dropout and augmentation (default the recipe's)")
			f.StringVar(&o.data, "data", "", "`folder` of a data set of your own (default Fashion-MNIST)")
			preparation := addPreparation(f, "-data")
			f.BoolVar(&o.publish, "publish", false, "copy the finished run to notebooks/published, for others to see")
			f.BoolVar(&o.weights, "weights", false, "publish it with its weights, in half precision")
			q.define(f)
			return func([]string) (work, error) {
				var err error
				if o.preparation, err = preparation(); err != nil {
					return nil, err
				}
				if o.data == "" && o.preparation != (pictures.Preparation{}) {
					return nil, errors.New("-fit, -side and -color are for the pictures of -data; name their folder")
				}
				if o.profile, err = study.ParseProfile(*profile); err != nil {
					return nil, err
				}
				if o.weights && !o.publish {
					return nil, errors.New("-weights belongs to -publish: it says how the run is published")
				}
				if q != (queueOptions{}) {
					if flags.IsSet(f, "recipe") {
						o.recipe = "" // which newQueue refuses, also where it is the default
					}
					if o.data != "" {
						return nil, errors.New("-data is for one training; without -all and what belongs to it, name one with -recipe")
					}
					queue, err := newQueue(q, o)
					return queue.do, err
				}
				if o.data != "" {
					return prepareOwnData(o)
				}
				if o.recipe == mixing {
					return prepareMixing(o)
				}
				t, err := newTraining(o)
				return t.do, err
			}
		},
	}
}

// trainOptions are the flags of train.
type trainOptions struct {
	recipe, name     string
	data             string // folder of a data set of one's own
	preparation      pictures.Preparation
	profile          study.Profile
	epochs           int
	seed             uint64
	publish, weights bool
}

// training is a recipe that is to be trained into the run of a name.
type training struct {
	trainOptions
	trained    recipes.Recipe
	robustness bool           // measure it on the test images
	trainer    *train.Trainer // that has what a training before it compiled, if any
}

// newTraining puts the recipe and the run's name together.
func newTraining(o trainOptions) (training, error) {
	t := training{trainOptions: o}
	recipe, err := study.ByName(o.recipe, o.profile)
	if err != nil {
		return t, fmt.Errorf("%w; or %s, which trains all mixtures of real and generated images", err, mixing)
	}
	if o.epochs < 0 {
		return t, fmt.Errorf("-epochs is %d, want 1 or more, or 0 for the recipe's", o.epochs)
	}
	if o.epochs > 0 {
		recipe.Epochs = o.epochs
	}
	v := study.Variant{Run: o.profile.Run(o.recipe), Recipe: recipe}
	if o.seed != 0 {
		v = v.WithSeed(o.seed)
	}
	recipe, t.name = v.Recipe, cmp.Or(o.name, v.Run)
	if task := recipe.Data.Task; task != "" && (o.publish || o.weights) {
		return t, fmt.Errorf("%s learns the task %s; only runs that learned the classes are published", o.recipe, task)
	}
	t.trained = recipe
	if _, err := run.Local().Path(t.name); err != nil {
		return t, fmt.Errorf("-name: %w", err)
	}
	return t, checkRecipe(recipe)
}

// do trains the recipe, or resumes its training, tests it, and publishes it if asked to.
func (t training) do(ctx context.Context) error {
	if r, err := run.Local().Open(t.name); err != nil || !r.Finished() || len(r.History) < t.trained.Epochs { // a finished run needs no sources
		if err := fitSources(ctx, t.trained, t.profile); err != nil {
			return err
		}
	}
	r, err := fit(ctx, t.trainer, t.name, t.trained)
	if err != nil {
		return err
	}
	result, err := result(r)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d epochs, the model is that of %s; %s; %.0f s on %s\n", r.Dir, len(r.History), r.KeptEpoch(), result, r.Record.Seconds, r.Record.Devices())
	if t.robustness {
		if _, err := measureRobustness(ctx, r, run.Test); err != nil {
			return err
		}
	}
	return share(r, t.name, t.publish, t.weights)
}

// result says how well a finished run does. A classifier is tested for it.
func result(r *run.Run) (string, error) {
	best, err := r.Best()
	if err != nil {
		return "", err
	}
	if task := r.Recipe.Data.Task; task != "" {
		return fmt.Sprintf("accuracy of %s on validation images %.4f", task, best.ValidationAccuracy), nil
	}
	if r.Recipe.IsGAN() {
		return fmt.Sprintf("distance to validation images %.2f, %.4f of the images recognized", best.Synthesis.FrechetDistance, best.Synthesis.ClassifierAccuracy), nil
	}
	validation, err := r.Predictions(run.Validation)
	if err != nil {
		return "", err
	}
	test, err := infer.Test(r)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("accuracy on validation images %v, on test images %v", metrics.Accuracy(validation), metrics.Accuracy(test)), nil
}

// share publishes a run under a name if asked to, with its weights or without.
func share(r *run.Run, name string, publish, weights bool) error {
	if !publish {
		return nil
	}
	if !weights {
		dir, err := run.Published().Path(name)
		if err != nil {
			return err
		}
		if there := (&run.Run{Dir: dir}); there.HasCheckpoint(run.Best) { // even if some of it is corrupt
			return fmt.Errorf("%s is published with its weights, which others may need; publish it with -weights again", name)
		}
		return published(name, r.Publish(name, nil))
	}
	half, err := halfPrecision(r)
	if err != nil {
		return err
	}
	return published(name, r.Publish(name, &half))
}

// published says that a run was published, unless that failed.
func published(name string, err error) error {
	if err == nil {
		fmt.Println("published as", name)
	}
	return err
}

// fitSources trains the runs that a recipe needs before it, where they are the study's and not trained yet.
func fitSources(ctx context.Context, recipe recipes.Recipe, p study.Profile) error {
	for _, source := range study.SourcesOf(recipe, p) {
		if _, err := fit(ctx, nil, source.Run, source.Recipe); err != nil {
			return err
		}
	}
	return nil
}

// prepareMixing checks the flags of the recipe mixing.
func prepareMixing(o trainOptions) (work, error) {
	switch {
	case o.weights:
		return nil, errors.New("-weights is for one run; of the mixtures -publish publishes what they do, without any weights")
	case o.name != "" || o.epochs != 0 || o.seed != 0:
		return nil, errors.New("-name, -epochs and -seed are for one run; the mixtures have their own")
	case o.publish && o.profile != study.Full:
		return nil, fmt.Errorf("-publish is for the mixtures at profile %s; at %s they are too small to show anything", study.Full, o.profile)
	}
	return func(ctx context.Context) error { return mix(ctx, o.profile, o.publish) }, nil
}
