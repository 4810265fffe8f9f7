package report_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// dataDir is the folder of the real subset.
const dataDir = "../../testdata/fashion-mnist"

// testStore is a folder of runs, in which begin and save put small ones.
type testStore struct {
	*testing.T
	root string
}

func newTestStore(t *testing.T) testStore { return testStore{t, t.TempDir()} }

func (s testStore) store() run.Store { return run.StoreAt(s.root, false) }

// begin makes a run that is not finished.
func (s testStore) begin(name string, recipe recipes.Recipe) *run.Run {
	s.Helper()
	r, err := run.Begin(filepath.Join(s.root, name), recipe)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { r.Close() })
	r.Record.Parameters, r.Record.Seconds, r.Record.Device, r.Record.BestEpoch = 467818, 61, "cpu: a processor, 2 cores", 1
	r.Record.GoVersion, r.Record.Modules = "go1.26", map[string]string{"github.com/gomlx/gomlx": "v0.28.7"}
	r.Record.Backend = "PJRT (/home/somebody/plugin.so)"
	if err := errors.Join(r.SaveRecord(), r.SaveHistory([]run.Epoch{{Epoch: 1, Loss: 0.5, Accuracy: 0.8, ValidationAccuracy: 0.8, LearningRate: 0.001}})); err != nil {
		s.Fatal(err)
	}
	return r
}

// save makes a finished and tested run, whose model is wrong about every such image, from the first on.
func (s testStore) save(name string, recipe recipes.Recipe, every int) *run.Run {
	s.Helper()
	r := s.begin(name, recipe)
	set, err := fashion.LoadTest(dataDir)
	if err != nil {
		s.Fatal(err)
	}
	if err := errors.Join(r.SavePredictions(run.Validation, predictions(set.Labels[:20], every)), r.SavePredictions(run.Test, predictions(set.Labels[:40], every)),
		r.Finish()); err != nil {
		s.Fatal(err)
	}
	return r
}

// generator makes a finished GAN of one epoch, with the images that it made or without.
func (s testStore) generator(name string, samples bool) {
	s.Helper()
	r := s.begin(name, study.GAN(study.Smoke))
	err := r.SaveHistory([]run.Epoch{{Epoch: 1, Loss: 1, Accuracy: 0.75, Synthesis: run.Synthesis{GeneratorLoss: 0.5, FrechetDistance: 8.76, ClassifierAccuracy: 0.912, Diversity: 0.8}}})
	if samples {
		err = errors.Join(err, r.SaveSamples(1, make([]fashion.Image, 80)))
	}
	if err := errors.Join(err, r.Finish()); err != nil {
		s.Fatal(err)
	}
}

// predictions are correct but for every such image; the correct ones have more confidence than the wrong ones.
func predictions(labels []fashion.Label, every int) run.Predictions {
	p := run.Predictions{Labels: labels}
	for i, label := range labels {
		row := [fashion.NumClasses]float32{}
		row[label], row[(label+1)%fashion.NumClasses] = 0.9, 0.1
		if i%every == 0 {
			row[label], row[(label+1)%fashion.NumClasses] = 0.4, 0.6
		}
		p.Indices, p.Probabilities = append(p.Indices, int32(i)), append(p.Probabilities, row[:])
	}
	return p
}

// members makes what the slide's ensemble needs, with ConvNeXt from rotations.
func (s testStore) members(p study.Profile) {
	s.Helper()
	for i, name := range []string{"cnn", "resnet50", "convnext-transfer"} {
		s.save(p.Run(name), recipe(s.T, name, p), 5+i)
	}
}

func recipe(t *testing.T, name string, p study.Profile) recipes.Recipe {
	t.Helper()
	r, err := study.ByName(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lines collects without an error.
func (s testStore) lines(published string) []report.Line {
	s.Helper()
	lines, err := report.Collect(report.Stores{Local: s.store(), Published: run.StoreAt(published, true)})
	if err != nil {
		s.Fatal(err)
	}
	return lines
}

// titled lists the lines of that title.
func titled(lines []report.Line, title string) (list []report.Line) {
	for _, l := range lines {
		if l.Title == title {
			list = append(list, l)
		}
	}
	return list
}

// only is the one line of that title.
func only(t *testing.T, lines []report.Line, title string) report.Line {
	t.Helper()
	list := titled(lines, title)
	if len(list) != 1 {
		t.Fatalf("%d lines are titled %q, want one of %v", len(list), title, titles(lines))
	}
	return list[0]
}

func titles(lines []report.Line) (list []string) {
	for _, l := range lines {
		list = append(list, l.Title)
	}
	return list
}

// mentions reports a text that lacks one of the words.
func mentions(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not in:\n%.2000s", word, text)
		}
	}
}
