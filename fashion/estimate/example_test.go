package estimate_test

import (
	"fmt"
	"os"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// A machine that has not trained anything yet is taken for the one whose steps were timed.
func ExampleSpeeds_For() {
	none, err := os.MkdirTemp("", "fashionlab-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(none)
	speeds, err := estimate.Measure(run.StoreAt(none, false), run.StoreAt(none, true), false)
	if err != nil {
		fmt.Println(err)
		return
	}
	recipe := study.ResNet50(study.Full)
	basis := speeds.For(recipe)
	fmt.Printf("about %.1f hours for %d epochs: %s\n", basis.Seconds(recipe, recipe.Epochs)/3600, recipe.Epochs, basis.Source)
	// Output: about 1.6 hours for 30 epochs: steps timed on 2 cores of an AMD EPYC (Zen 4), not on this machine
}
