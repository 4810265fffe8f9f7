package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/cmd/fashionlab/internal/searchplan"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// By hand: 69 epochs of 1,500 images, where a run took 12 s for an epoch of 5,000, are 69 * 3.6 s. An epoch of 5,000, a fifth of them for validation, took
// (4000 + 1000/3) * 42.3/64 ms = 2.864 s on the reference device, 4.19 times less: so that the models compile in 4.19 * 3.5 s.
func TestPlanTellsTheTimeFromWhatARunMeasured(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.RootVariable, root)
	t.Setenv(run.PublishedVariable, t.TempDir())
	o := searchOptions{model: "cnn", profile: study.Quick, budget: study.Budget{R: 9, Eta: 3, Rounding: hyperband.Algorithm1}}
	s, err := study.Search(o.model, o.profile, o.budget)
	if err != nil {
		t.Fatal(err)
	}
	printed := func() string {
		var out bytes.Buffer
		if err := searchplan.New(s, o.model, o.budget).Print(&out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := printed(); !strings.Contains(got, "steps timed on") || !strings.Contains(got, "17 trials, 22 trainings, 69 epochs of 1500 images (78 if") {
		t.Errorf("without a run the plan is\n%s", got)
	}
	recipe := study.CNN(study.Quick)
	recipe.Data.Limit = 5000
	r, err := run.Begin(filepath.Join(root, "measured"), recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Record.Device, r.Record.PeakMemory, r.Record.Parameters = "cpu: a processor", 1_500_000_000, 1000
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1, Seconds: 11}, {Epoch: 2, Seconds: 13}}), r.SaveRecord()); err != nil {
		t.Fatal(err)
	}
	got := printed()
	for _, want := range []string{"4m23s", "by measured (cpu: a processor)", "1.5 GB of memory"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan lacks %q:\n%s", want, got)
		}
	}
}
