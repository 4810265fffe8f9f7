package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
)

func TestDoctorPrintsALineForEachProblemOfARunAndWhatToDo(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	if err := os.Symlink(t.TempDir(), runs); err != nil { // as to another disk
		t.Fatal(err)
	}
	t.Setenv(run.RootVariable, runs)
	t.Setenv(run.PublishedVariable, t.TempDir())
	recipe := recipes.Recipe{Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 1, Batch: 1}
	for _, name := range []string{"intact", "old", "changed", "lost"} {
		r, err := run.Begin(filepath.Join(runs, name), recipe)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.SaveHistory([]run.Epoch{{Epoch: 1}}); err != nil {
			t.Fatal(err)
		}
		if err := r.Finish(); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, content string) {
		path := filepath.Join(runs, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	check := func() (string, error) {
		var out strings.Builder
		err := doctorRuns(layout.Layout{}, &out)
		return out.String(), err
	}
	write("old/done", "2026-11-25T21:36:06Z\n")
	if text, err := check(); err != nil || !strings.Contains(text, "old is readable and otherwise unchecked") || !strings.Contains(text, "4 runs and 0 searches, 0 problems; 1 runs") {
		t.Errorf("of runs without a problem (%v):\n%s", err, text)
	}
	write("changed/history.json", "[]\n")
	if err := os.Remove(filepath.Join(runs, "lost", "recipe.json")); err != nil {
		t.Fatal(err)
	}
	write("search/journal.jsonl", "{}\n{}")
	text, err := check()
	if err == nil {
		t.Error("no error of corrupt runs")
	}
	for _, want := range []string{
		filepath.Join(runs, "changed", "history.json") + " is corrupt: its SHA-256 is", filepath.Join(runs, "lost", "recipe.json") + " is corrupt: it is not there",
		"put back a copy", filepath.Join(runs, "search", "journal.jsonl") + ": the last line is incomplete", "3 problems",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the output lacks %q:\n%s", want, text)
		}
	}
}
