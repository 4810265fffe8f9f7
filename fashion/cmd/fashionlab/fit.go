package main

import (
	"cmp"
	"context"

	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
	"fashionlab/fashion/train"
)

// synthesizers make the synthetic images of recipes.
var synthesizers = []recipes.Own{gan.Synthesizer{}, scene.Synthesizer{}}

// checkRecipe reports what in a recipe no training could use.
func checkRecipe(r recipes.Recipe) error {
	if r.IsGAN() {
		return gan.Check(r)
	}
	return train.Check(r, synthesizers...)
}

// fit trains a recipe into the run of a name. The trainer may have compiled it with another seed; nil is a new one.
func fit(ctx context.Context, t *train.Trainer, name string, r recipes.Recipe) (*run.Run, error) {
	if r.IsGAN() {
		return gan.FitContext(ctx, name, r, notebook.Live())
	}
	return cmp.Or(t, &train.Trainer{Own: synthesizers}).FitContext(ctx, name, r, notebook.Live())
}

// halfPrecision is what a run is published as.
func halfPrecision(r *run.Run) (run.Checkpoint, error) {
	if r.Recipe.IsGAN() {
		return gan.HalfPrecision(r)
	}
	return infer.HalfPrecision(r)
}
