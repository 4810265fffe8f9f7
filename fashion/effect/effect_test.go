package effect_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/effect"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func TestEffectIsMeasuredOnValidationImagesAndOnPhotosOfTheFirst(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	data, err := filepath.Abs("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, data)
	trial := study.SyntheticAblation(study.Smoke)[0]
	trial.Recipe.Data.Limit = 800
	r, err := train.Fit(trial.Run, trial.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := effect.Of([]study.Variant{trial}, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d effects (%v), want 1", len(list), err)
	}
	held, err := r.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	var right, shirts, confused int
	for i, label := range held.Labels {
		got := held.Predicted(i)
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
	if e.Mixture != trial.Name || e.Seed != trial.Recipe.Seed || e.Share != 0 || e.Difficult {
		t.Errorf("it is of %q with seed %d, %v generated, difficult: %v", e.Mixture, e.Seed, e.Share, e.Difficult)
	}
	if want := float64(right) / float64(len(held.Labels)); e.Accuracy != want {
		t.Errorf("accuracy is %v, want %v", e.Accuracy, want)
	}
	if want := float64(confused) / float64(shirts); e.Shirts != want {
		t.Errorf("%v of the T-shirts and shirts are taken for one another, want %v", e.Shirts, want)
	}
	if photos := e.Photos * 90; math.Abs(photos-math.Round(photos)) > 1e-9 || photos < 9 {
		t.Errorf("accuracy on photos is %v, want a share of 90, no worse than a guess", e.Photos)
	}
	if !(e.ECE > 0 && e.ECE < 1) {
		t.Errorf("calibration error is %v", e.ECE)
	}
}

func TestChangesAreOfTheSameSeed(t *testing.T) {
	list := []effect.Effect{
		{Mixture: "real", Seed: 1, Accuracy: 0.5}, {Mixture: "real", Seed: 2, Accuracy: 0.75},
		{Mixture: "mixed", Seed: 2, Accuracy: 0.875}, {Mixture: "mixed", Seed: 1, Accuracy: 0.75},
	}
	changes, err := effect.Changes(list, effect.Measures()[0])
	if err != nil || len(changes) != 1 || changes[0].Name != "mixed" {
		t.Fatalf("changes are %+v (%v)", changes, err)
	}
	half := 12.706204736 * 0.0625 // Student's t with one degree of freedom times the standard error of 0.125 and 0.25
	if v := changes[0].Value; v.Value != 0.1875 || math.Abs(v.High-0.1875-half) > 1e-8 || math.Abs(0.1875-v.Low-half) > 1e-8 {
		t.Errorf("the change is %v, want 0.1875 within %v", v, half)
	}
	if rows := effect.Rows(list); len(rows) != 2 || rows[0][1] != "0.6250" || rows[1][1] != "0.8125" || len(rows[0]) != len(effect.Header()) {
		t.Errorf("rows are %v", rows)
	}
	list[1].Seed = 3
	if _, err := effect.Changes(list, effect.Measures()[0]); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
}

func TestKindsAreComparedShareByShareAndSeedBySeed(t *testing.T) {
	accuracy := effect.Measures()[0]
	var list []effect.Effect
	add := func(mixture string, share float64, difficult bool, bySeed ...float64) {
		for seed, v := range bySeed {
			list = append(list, effect.Effect{Mixture: mixture, Share: share, Difficult: difficult, Seed: uint64(seed + 1), Accuracy: v})
		}
	}
	add("real", 0, false, 0.5, 0.25)
	add("5% any", 0.05, false, 0.5, 0.5)
	add("50% any", 0.5, false, 0.25, 0.375)
	add("50% difficult", 0.5, true, 0.5, 0.75)
	add("5% difficult", 0.05, true, 0.75, 0.75)
	add("only", 1, false, 0.125)
	for _, c := range []struct {
		of, over    effect.Kind
		first, last float64 // of the seeds
	}{
		{effect.Any, effect.Real, -0.125, 0.1875}, {effect.Difficult, effect.Real, 0.125, 0.5}, {effect.Difficult, effect.Any, 0.25, 0.3125},
	} {
		mean, half := (c.first+c.last)/2, 12.706204736*math.Abs(c.last-c.first)/2 // Student's t with one degree of freedom times the standard error
		got, err := effect.Difference(list, accuracy, c.of, c.over)
		if err != nil || got.Value != mean || math.Abs(got.High-mean-half) > 1e-8 || math.Abs(mean-got.Low-half) > 1e-8 {
			t.Errorf("%s over %s is %v (%v), want %v within %v", c.of, c.over, got, err, mean, half)
		}
	}
	if v, err := effect.Difference(list, accuracy, effect.Generated, effect.Real); err != nil || v.Value != -0.375 || !math.IsNaN(v.Low) {
		t.Errorf("generated ones alone change it by %v (%v), want -0.375 without an interval", v, err)
	}
	if _, err := effect.Difference(list[:4], accuracy, effect.Any, effect.Real); err != nil {
		t.Error(err)
	}
	if _, err := effect.Difference(list[:5], accuracy, effect.Any, effect.Real); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that says that a seed lacks a share", err)
	}
	list[3].Seed = 3
	if _, err := effect.Difference(list, accuracy, effect.Difficult, effect.Any); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
	if _, err := effect.Difference(list[:2], accuracy, effect.Difficult, effect.Any); err == nil {
		t.Error("there is no error without difficult images")
	}
}

func TestPublishedEffectsAreReadAsTheyWereWrittenAndDamagedOnesAreAnError(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.PublishedVariable, root)
	want := []effect.Effect{{"25% difficult generated ones", 0.25, true, 2, 0.9321, 0.125, 0.01, 0.875}}
	if err := effect.Publish(want); err != nil {
		t.Fatal(err)
	}
	if got, err := effect.Published(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	path := filepath.Join(root, "full", "synthetic", "effects.json")
	for _, damaged := range []string{"", `[{"mixture": 3}]`, `[{"unknown": 3}]`, "[]", `[{"mixture": "a"}] rest`} {
		if err := os.WriteFile(path, []byte(damaged), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := effect.Published(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error is %v, want one that names %s", damaged, err, path)
		}
	}
}
