package main

import (
	"math"
	"path/filepath"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func TestMixtureIsEvaluatedOnValidationImagesAndOnPhotosOfTheFirst(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	data, err := filepath.Abs("../../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, data)
	variant := study.SyntheticAblation(study.Smoke)[0]
	variant.Recipe.Data.Limit = 800
	r, err := train.Fit(variant.Run, variant.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := study.EvaluateSynthetic([]study.Variant{variant}, 10, predictWith)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d results (%v), want 1", len(list), err)
	}
	validation, err := r.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	var right, shirts, confused int
	for i, label := range validation.Labels {
		got := validation.Predicted(i)
		if got == label {
			right++
		}
		if label == 0 || label == 6 {
			shirts++
			if got == 6-label {
				confused++
			}
		}
	}
	e := list[0]
	if e.Variant != variant.Name || e.Seed != variant.Recipe.Seed || e.Fraction != 0 || e.Hard {
		t.Errorf("it is of %q with seed %d, %v generated, hard: %v", e.Variant, e.Seed, e.Fraction, e.Hard)
	}
	if want := float64(right) / float64(len(validation.Labels)); e.Accuracy != want {
		t.Errorf("accuracy is %v, want %v", e.Accuracy, want)
	}
	if want := float64(confused) / float64(shirts); e.ShirtConfusion != want {
		t.Errorf("%v of the T-shirts and shirts are confused with each other, want %v", e.ShirtConfusion, want)
	}
	if photos := e.PhotoAccuracy * 90; math.Abs(photos-math.Round(photos)) > 1e-9 || photos < 9 {
		t.Errorf("accuracy on photos is %v, want a fraction of 90, no worse than guessing", e.PhotoAccuracy)
	}
	if !(e.ECE > 0 && e.ECE < 1) {
		t.Errorf("calibration error is %v", e.ECE)
	}
}
