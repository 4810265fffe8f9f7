package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/effect"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// mixing is the name under which all trainings on generated images are one recipe.
const mixing = "mixing"

// mix trains the CNN on real, generated and mixed images, prints what each mixture does, and publishes it if asked to.
func mix(ctx context.Context, p study.Profile, publish bool) error {
	trials := study.SyntheticAblation(p)
	var trainer train.Trainer
	for i, t := range trials {
		fmt.Printf("%d of %d: %s, seed %d\n", i+1, len(trials), t.Name, t.Recipe.Seed)
		if _, err := trainer.FitContext(ctx, t.Run, t.Recipe, notebook.Live()); err != nil {
			return err
		}
	}
	effects, err := effect.Of(trials, effect.Items(p))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{effect.Header()}, effect.Rows(effects)...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if publish {
		return effect.Publish(effects)
	}
	return nil
}
