package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// finished makes a finished run of the CNN with four test images, three of them right.
func finished(t *testing.T, dir string) *run.Run {
	t.Helper()
	r, err := run.Begin(dir, recipes.CNN(recipes.Smoke))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := run.Predictions{Indices: []int32{0, 1, 2, 3}, Labels: []fashion.Label{0, 1, 2, 3}, Probabilities: make([][fashion.NumClasses]float32, 4)}
	for i := range p.Probabilities {
		p.Probabilities[i][min(i, 2)] = 1
	}
	if err := r.SavePredictions(run.Test, p); err != nil {
		t.Fatal(err)
	}
	r.Record.Parameters, r.Record.Seconds, r.Record.Device, r.Record.BestEpoch = 467818, 61, "cpu: a processor, 2 cores", 1
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.SaveRecord(), r.Finish()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReportShowsWhatWasMeasuredAndWhatWasNotRun(t *testing.T) {
	root := t.TempDir()
	finished(t, filepath.Join(root, "smoke", "cnn"))
	if _, err := run.Begin(filepath.Join(root, "quick", "cnn"), recipes.CNN(recipes.Quick)); err != nil { // not finished
		t.Fatal(err)
	}
	published := t.TempDir()
	finished(t, filepath.Join(published, "full", "cnn"))
	results, err := collect(root, published)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printResults(&out, results); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, want a header, one for each of four slides, and one for the published run:\n%s", len(lines), out.String())
	}
	for _, want := range []string{"0.9016", "0.7500", "smoke/cnn", "1m1s", "a processor"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("the CNN's line lacks %q: %s", want, lines[1])
		}
	}
	if strings.Contains(lines[1], "published") || !strings.Contains(lines[2], "full/cnn (published)") {
		t.Errorf("the published run is not told from this machine's:\n%s\n%s", lines[1], lines[2])
	}
	if !strings.Contains(lines[3], "ResNet50") || !strings.Contains(lines[3], "not run") {
		t.Errorf("ResNet50's line is %s, want `not run`", lines[3])
	}
}

func TestReportWithoutRunsNamesTheCommandThatMakesThem(t *testing.T) {
	results, err := collect(filepath.Join(t.TempDir(), "none"), "")
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Model != "CNN" || results[0].Test != nil || !strings.Contains(results[0].NotRun, "kernel-setup run") {
		t.Errorf("result is %+v, want a CNN that was not run and its command", results[0])
	}
}
