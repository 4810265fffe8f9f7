package main

import (
	"context"
	"fmt"
	"os"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// mixing is the name under which all trainings on generated images are one recipe.
const mixing = "mixing"

// mix makes the ablation of synthetic images: it trains the CNN on real, generated and mixed images, prints the results, and publishes them if asked to.
func mix(ctx context.Context, p study.Profile, publish bool) error {
	variants := study.SyntheticAblation(p)
	trainer := train.Trainer{Own: synthesizers}
	for i, v := range variants {
		fmt.Printf("%d of %d: %s, seed %d\n", i+1, len(variants), v.Name, v.Recipe.Seed)
		if _, err := trainer.FitContext(ctx, v.Run, v.Recipe, notebook.Live()); err != nil {
			return err
		}
	}
	results, err := study.EvaluateSynthetic(variants, study.PhotoItems(p), predictWith)
	if err != nil {
		return err
	}
	header, rows := results.Table()
	if err := text.Table(os.Stdout, append([][]string{header}, rows...)); err != nil {
		return err
	}
	if publish {
		return results.Publish()
	}
	return nil
}

// predictWith loads the model of a run and predicts on images.
func predictWith(r *run.Run, images fashion.Set) (run.Predictions, error) {
	m, err := infer.Load(r)
	if err != nil {
		return run.Predictions{}, err
	}
	return m.Predict(images)
}
