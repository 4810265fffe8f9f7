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
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestEffectIsMeasuredOnValidationImagesAndOnPhotosOfTheFirst(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	data, err := filepath.Abs("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, data)
	trial := recipes.Mixing(recipes.Smoke)[0]
	trial.Recipe.Data.Limit = 800
	r, err := train.Fit(trial.Run, trial.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := effect.Of([]recipes.Trial{trial}, 10)
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

func TestDifficultImagesAreComparedWithAnyOfTheSameShareAndSeed(t *testing.T) {
	accuracy := effect.Measures()[0]
	list := []effect.Effect{
		{Mixture: "real", Seed: 1, Accuracy: 0.125},
		{Mixture: "any", Share: 0.5, Seed: 1, Accuracy: 0.5}, {Mixture: "any", Share: 0.25, Seed: 1, Accuracy: 0.25},
		{Mixture: "difficult", Share: 0.25, Difficult: true, Seed: 1, Accuracy: 0.5}, {Mixture: "difficult", Share: 0.5, Difficult: true, Seed: 1, Accuracy: 0.625},
	}
	half := 12.706204736 * 0.0625 // as above, of 0.25 and 0.125
	if v, err := effect.OfDifficulty(list, accuracy); err != nil || v.Value != 0.1875 || math.Abs(v.High-0.1875-half) > 1e-8 {
		t.Errorf("difficulty changes it by %v (%v), want 0.1875 within %v", v, err, half)
	}
	list[4].Seed = 2
	if _, err := effect.OfDifficulty(list, accuracy); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
	if _, err := effect.OfDifficulty(list[:3], accuracy); err == nil {
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
