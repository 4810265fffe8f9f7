package study_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// right predicts the true classes of the first images and another one for the rest.
func right(set fashion.Set, first int) run.Predictions {
	var p run.Predictions
	for i, label := range set.Labels {
		if i >= first {
			label = (label + 1) % fashion.NumClasses
		}
		var row [fashion.NumClasses]float32
		row[label] = 1
		p.Indices, p.Labels, p.Probabilities = append(p.Indices, int32(i)), append(p.Labels, set.Labels[i]), append(p.Probabilities, row[:])
	}
	return p
}

func TestSyntheticResultsAreOfValidationImagesAndOfPhotosOfTheFirst(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	data, err := filepath.Abs("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, data)
	variant := study.SyntheticAblation(study.Smoke)[2]
	dir, err := run.Local().Path(variant.Run)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, variant.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	validation := right(fashion.Set{Labels: []fashion.Label{0, 6, 6, 3, 0, 9, 0, 1}}, 6) // the last two are wrong
	validation.Probabilities[6] = []float32{6: 1, 9: 0}                                  // a T-shirt is taken for a shirt
	if err := errors.Join(r.SavePredictions(run.Validation, validation), r.Finish()); err != nil {
		t.Fatal(err)
	}
	predict := func(got *run.Run, photos fashion.Set) (run.Predictions, error) {
		if got.Dir != dir || photos.Len() != 5*9 || len(photos.Images) != 5*9 {
			t.Errorf("%d photos are predicted with %s, want those of 5 images in 9 scenes with %s", photos.Len(), got.Dir, dir)
		}
		return right(photos, 18), nil
	}
	got, err := study.EvaluateSynthetic([]study.Variant{variant}, 5, predict)
	want := study.SyntheticResult{"25% hard generated ones", 0.25, true, 1, 0.75, 0.2, 0.25, 0.4}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("the result is %+v (%v), want %+v", got, err, want)
	}
	variant.Recipe.Seed = 7
	if _, err := study.EvaluateSynthetic([]study.Variant{variant}, 5, predict); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Errorf("the error of a run of another recipe is %v, want one that shows the difference", err)
	}
}

func TestDifferencesAreOfTheSameSeed(t *testing.T) {
	list := study.SyntheticResults{
		{Variant: "real", Seed: 1, Accuracy: 0.5}, {Variant: "real", Seed: 2, Accuracy: 0.75},
		{Variant: "mixed", Seed: 2, Accuracy: 0.875}, {Variant: "mixed", Seed: 1, Accuracy: 0.75},
	}
	changes, err := list.Differences(study.SyntheticMetrics()[0])
	if err != nil || len(changes) != 1 || changes[0].Name != "mixed" {
		t.Fatalf("changes are %+v (%v)", changes, err)
	}
	half := 12.706204736 * 0.0625 // Student's t with one degree of freedom times the standard error of 0.125 and 0.25
	if v := changes[0].Value; v.Value != 0.1875 || math.Abs(v.High-0.1875-half) > 1e-8 || math.Abs(0.1875-v.Low-half) > 1e-8 {
		t.Errorf("the change is %v, want 0.1875 within %v", v, half)
	}
	if header, rows := list.Table(); len(rows) != 2 || rows[0][1] != "0.6250" || rows[1][1] != "0.8125" || len(rows[0]) != len(header) {
		t.Errorf("rows are %v", rows)
	}
	list[1].Seed = 3
	if _, err := list.Differences(study.SyntheticMetrics()[0]); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
}

func TestMixturesAreComparedFractionByFractionAndSeedBySeed(t *testing.T) {
	accuracy := study.SyntheticMetrics()[0]
	var list study.SyntheticResults
	add := func(variant string, fraction float64, hard bool, bySeed ...float64) {
		for seed, v := range bySeed {
			list = append(list, study.SyntheticResult{Variant: variant, Fraction: fraction, Hard: hard, Seed: uint64(seed + 1), Accuracy: v})
		}
	}
	add("real", 0, false, 0.5, 0.25)
	add("5% any", 0.05, false, 0.5, 0.5)
	add("50% any", 0.5, false, 0.25, 0.375)
	add("50% hard", 0.5, true, 0.5, 0.75)
	add("5% hard", 0.05, true, 0.75, 0.75)
	add("only", 1, false, 0.125)
	for _, c := range []struct {
		of, over    study.Mixture
		first, last float64 // of the seeds
	}{
		{study.RealAndAny, study.RealOnly, -0.125, 0.1875}, {study.RealAndHard, study.RealOnly, 0.125, 0.5}, {study.RealAndHard, study.RealAndAny, 0.25, 0.3125},
	} {
		mean, half := (c.first+c.last)/2, 12.706204736*math.Abs(c.last-c.first)/2 // Student's t with one degree of freedom times the standard error
		got, err := list.Difference(accuracy, c.of, c.over)
		if err != nil || got.Value != mean || math.Abs(got.High-mean-half) > 1e-8 || math.Abs(mean-got.Low-half) > 1e-8 {
			t.Errorf("%s over %s is %v (%v), want %v within %v", c.of, c.over, got, err, mean, half)
		}
	}
	if v, err := list.Difference(accuracy, study.GeneratedOnly, study.RealOnly); err != nil || v.Value != -0.375 || !math.IsNaN(v.Low) {
		t.Errorf("generated ones alone change it by %v (%v), want -0.375 without an interval", v, err)
	}
	if _, err := list[:4].Difference(accuracy, study.RealAndAny, study.RealOnly); err != nil {
		t.Error(err)
	}
	if _, err := list[:5].Difference(accuracy, study.RealAndAny, study.RealOnly); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that says that a seed lacks a fraction", err)
	}
	list[3].Seed = 3
	if _, err := list.Difference(accuracy, study.RealAndHard, study.RealAndAny); err == nil || !strings.Contains(err.Error(), "seed 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
	if _, err := list[:2].Difference(accuracy, study.RealAndHard, study.RealAndAny); err == nil {
		t.Error("there is no error without hard examples")
	}
}

func TestPublishedResultsAreReadAsTheyWereWrittenAndDamagedOnesAreAnError(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.PublishedVariable, root)
	want := study.SyntheticResults{{"25% hard generated ones", 0.25, true, 2, 0.9321, 0.125, 0.01, 0.875}}
	if err := want.Publish(); err != nil {
		t.Fatal(err)
	}
	if got, err := study.PublishedSynthetic(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	path := filepath.Join(root, "full", "synthetic", "effects.json")
	for _, corrupt := range []string{"", `[{"mixture": 3}]`, `[{"unknown": 3}]`, "[]", `[{"mixture": "a"}] rest`} {
		if err := os.WriteFile(path, []byte(corrupt), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := study.PublishedSynthetic(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error is %v, want one that names %s", corrupt, err, path)
		}
	}
}
