package main

import (
	"context"

	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/models"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// checkRecipe reports what in a recipe no training could use.
func checkRecipe(r recipes.Recipe) error {
	if models.IsGAN(r.Model.Name) {
		return gan.Check(r)
	}
	return train.Check(r, gan.Synthesizer{})
}

// fit trains a recipe into the run of a name.
func fit(ctx context.Context, name string, r recipes.Recipe) (*run.Run, error) {
	if models.IsGAN(r.Model.Name) {
		return gan.FitContext(ctx, name, r, notebook.Live())
	}
	return (&train.Trainer{Own: []recipes.Own{gan.Synthesizer{}}}).FitContext(ctx, name, r, notebook.Live())
}

// halfPrecision is what a run is published as.
func halfPrecision(r *run.Run) (run.Checkpoint, error) {
	if models.IsGAN(r.Recipe.Model.Name) {
		return gan.HalfPrecision(r)
	}
	return infer.HalfPrecision(r)
}
