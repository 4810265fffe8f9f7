package main

import (
	"fmt"

	"fashionlab/fashion/models"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
	"fashionlab/fashion/train"
)

// fit trains a recipe of the study, or goes on with it, tests it, and publishes it if asked to, with its weights or without. Epochs other than 0 are instead of the recipe's.
func fit(name string, p recipes.Profile, epochs int, publish, weights bool) error {
	recipe, err := recipes.ByName(name, p)
	if err != nil {
		return fmt.Errorf("%w; or %s, which trains all mixtures of real and generated images", err, mixing)
	}
	if epochs != 0 {
		recipe = recipes.WithEpochs(recipe, epochs)
	}
	if task := recipe.Data.Task; task != "" && (publish || weights) {
		return fmt.Errorf("%s learns the task %s; only runs that learned the classes are published", name, task)
	}
	if err := fitSource(recipe, p); err != nil {
		return err
	}
	r, err := train.Fit(p.Run(name), recipe, notebook.Live())
	if err != nil {
		return err
	}
	if task := recipe.Data.Task; task != "" {
		best := r.History[r.Record.BestEpoch-1]
		fmt.Printf("%s: best epoch %d of %d; accuracy of %s on validation images %.4f; %.0f s on %s\n",
			r.Dir, best.Epoch, len(r.History), task, best.ValidationAccuracy, r.Record.Seconds, r.Record.Devices())
		return nil
	}
	if models.IsGAN(recipe.Model.Name) {
		best := r.History[r.Record.BestEpoch-1].Synthesis
		fmt.Printf("%s: best epoch %d of %d; distance to validation images %.2f, %.4f of the images recognized; %.0f s on %s\n",
			r.Dir, r.Record.BestEpoch, len(r.History), best.Distance, best.Recognized, r.Record.Seconds, r.Record.Devices())
		return share(r, p.Run(name), publish, weights)
	}
	validation, err := r.Predictions(run.Validation)
	if err != nil {
		return err
	}
	test, err := train.Test(r)
	if err != nil {
		return err
	}
	fmt.Printf("%s: best epoch %d of %d; accuracy on validation images %v, on test images %v; %.0f s on %s\n",
		r.Dir, r.Record.BestEpoch, len(r.History), score.Accuracy(validation), score.Accuracy(test), r.Record.Seconds, r.Record.Devices())
	return share(r, p.Run(name), publish, weights)
}

// share publishes a run under a name if asked to, with its weights or without.
func share(r *run.Run, name string, publish, weights bool) error {
	if !weights {
		if !publish {
			return nil
		}
		if p, err := run.OpenPublished(name); err == nil {
			if _, found, _ := p.LoadCheckpoint(run.Best); found { // a damaged one is no reason to replace it without another
				return fmt.Errorf("%s is published with its weights, which others may need; publish it with -weights again", name)
			}
		}
		return r.Publish(name)
	}
	half, err := train.HalfPrecision(r) // before anything is replaced
	if err != nil {
		return err
	}
	if err := r.Publish(name); err != nil {
		return err
	}
	return run.PublishWeights(name, half)
}

// fitSource trains the run whose weights a recipe starts from, where it is the study's and not trained yet.
func fitSource(recipe run.Recipe, p recipes.Profile) error {
	source, ok := recipes.SourceOf(recipe, p)
	if !ok {
		return nil
	}
	_, err := train.Fit(recipe.Model.Weights.Run, source, notebook.Live())
	return err
}
