package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// prepareOwnData checks the flags of a training on a data set of one's own.
func prepareOwnData(o trainOptions) (work, error) {
	if o.recipe == mixing || o.publish || o.weights {
		return nil, fmt.Errorf("-data is for a recipe of a classifier, and its run is not published; leave out -publish and -weights, and name a recipe other than %s", mixing)
	}
	if err := flags.CheckFolder("data", o.data, "the folder of a data set"); err != nil {
		return nil, err
	}
	name, err := ownName(o)
	if err != nil {
		return nil, err
	}
	o.name = cmp.Or(o.name, name)
	t, err := newTraining(o)
	if err != nil {
		return nil, err
	}
	switch r := t.trained; {
	case r.Model.Weights.Run != "" || len(r.Regularization.Distillation.Names()) > 0:
		return nil, fmt.Errorf("the recipe %s learns from runs on Fashion-MNIST; with -data name one that does not, such as cnn-augmented", o.recipe)
	case r.IsGAN():
		return nil, fmt.Errorf("the recipe %s is a GAN's, which learns Fashion-MNIST alone; with -data name a classifier's, such as cnn-augmented", o.recipe)
	}
	return func(ctx context.Context) error { return t.onOwnData(ctx) }, nil
}

// ownName is the name of the run of a recipe on a data set: own/FOLDER/RECIPE.
func ownName(o trainOptions) (string, error) {
	dir, err := filepath.Abs(o.data)
	if err != nil {
		return "", err
	}
	base := filepath.Base(dir)
	if _, hidden := text.Hidden(base); hidden || base == string(filepath.Separator) {
		return "", errors.New("the folder has no name that a run could have; name the run with -name")
	}
	name := "own/" + base + "/" + o.recipe
	if o.seed != 0 {
		name += fmt.Sprintf("-seed%d", o.seed)
	}
	return name, nil
}

// onOwnData reads the data set, keeps it, and trains.
func (t training) onOwnData(ctx context.Context) error {
	kept, found, err := t.preparation.Keep(ctx, t.data)
	if err != nil {
		return err
	}
	fmt.Printf("%s\nkept under the digest %.12s\n", found, kept.Digest)
	before := kept.For(t.trained)
	if t.trained, err = train.WithPreciseBN(before); err != nil {
		return err
	}
	if t.trained != before {
		fmt.Printf("in only %d steps running averages of batch normalization would lag behind: it has precise statistics (precise_bn)\n", t.trained.Steps())
	}
	if err := checkRecipe(t.trained); err != nil {
		return err
	}
	err = t.do(ctx)
	if other := (*run.RecipeError)(nil); errors.As(err, &other) {
		err = fmt.Errorf("%w; if the images of %s or the profile changed, name another run with -name", err, t.data)
	}
	return err
}

// addRun adds the flag of the run whose model is asked.
func addRun(f *flag.FlagSet) *string {
	return f.String("run", "", "`name` of a run whose model predicts alone, such as own/FOLDER/cnn-augmented (default the best models of the study)")
}

// openEnsemble opens the model of a run, of this machine or else a published one, or the study's ensemble without a name.
func openEnsemble(name string) (*demo.Ensemble, error) {
	if name == "" {
		return demo.Open(warn)
	}
	r, err := run.Find(name)
	if err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	return demo.OpenRun(r, name)
}
