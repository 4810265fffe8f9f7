package main

import (
	"fmt"

	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
	"fashionlab/fashion/train"
)

// fit trains a recipe of the study, or goes on with it, tests it, and publishes it if asked to.
func fit(name string, p recipes.Profile, publish bool) error {
	recipe, err := recipes.ByName(name, p)
	if err != nil {
		return err
	}
	r, err := train.Fit(p.Run(name), recipe, notebook.Live())
	if err != nil {
		return err
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
		r.Dir, r.Record.BestEpoch, len(r.History), score.Accuracy(validation), score.Accuracy(test), r.Record.Seconds, r.Record.Device)
	if publish {
		return r.Publish(p.Run(name))
	}
	return nil
}
