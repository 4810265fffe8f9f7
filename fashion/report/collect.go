package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Stores are where runs are.
type Stores struct {
	Local     run.Store // of this machine
	Published run.Store // that come with the project
}

// Collect lists what the slides print beside the finished, tested runs of each model: this machine's and the published ones. Then come runs of
// models that no slide has, and ensembles. Published runs in a folder of their profile, such as full/ingredients/mixup, are left out: they belong to the
// comparison of a claim. A folder that does not exist holds no run. A run that cannot be read is left out and reported by the error;
// the lines have all others.
func Collect(s Stores) ([]Line, error) {
	ours, unreadable := tested(s.Local, false)
	others, unreadableToo := tested(s.Published, false)
	measured := append(ours, slices.DeleteFunc(others, func(l Line) bool { return strings.Count(l.Run, "/") > 1 })...)
	var lines []Line
	for _, slide := range study.Slides() {
		if slide.Model != ensembleModel {
			lines = append(lines, beside(slide, measured)...)
		}
	}
	for _, l := range measured {
		if study.SlideOf(l.Model).Title == "" {
			lines = append(lines, l)
		}
	}
	combined, err := ensembles(s)
	return append(lines, combined...), errors.Join(unreadable, unreadableToo, err)
}

// beside lists a slide's runs, a kind of training after the other. If none of this machine is of the slide's kind, a line says so.
func beside(slide study.Slide, measured []Line) []Line {
	var lines []Line
	run := false
	for _, l := range measured {
		if l.Model == slide.Model {
			lines = append(lines, l)
			run = run || l.Title == slide.Title && !l.Published
		}
	}
	if !run {
		missing := Line{Model: slide.Model, Title: slide.Title, Slide: slide.Test, NotRun: study.Full.Command(slide.Model)}
		lines = append([]Line{missing}, lines...)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.Title, b.Title) })
	return lines
}

// tested lists the finished classifiers of a store that were tested: on Fashion-MNIST, or on data sets of one's own, which are not compared with the study's.
func tested(store run.Store, own bool) ([]Line, error) {
	runs, unreadable := store.List()
	var lines []Line
	for _, r := range runs {
		if !r.Finished() || r.Recipe.Data.Task != "" || (r.Recipe.Data.Set != "") != own {
			continue
		}
		test, err := r.Predictions(run.Test)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var l Line
		if err == nil {
			l, err = measure(store, r, test)
		}
		if err != nil {
			unreadable = errors.Join(unreadable, err)
			continue
		}
		lines = append(lines, l)
	}
	return lines, unreadable
}

// measure is the line of a run with its predictions for the test images.
func measure(store run.Store, r *run.Run, test run.Predictions) (Line, error) {
	l, err := lineOf(store, r)
	if err != nil {
		return Line{}, err
	}
	if len(test.Labels) == 0 {
		return Line{}, fmt.Errorf("%s: the predictions are for 0 test images, want 1 or more; remove them and test again", r.Dir)
	}
	accuracy := metrics.Accuracy(test)
	l.Test = &accuracy
	if r.Recipe.Data.Set == "" {
		l.Cleaned = without(test)
	}
	validation, err := r.Predictions(run.Validation)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return Line{}, err
	case len(validation.Labels) > 0:
		accuracy := metrics.Accuracy(validation)
		l.Validation = &accuracy
	}
	return l, nil
}

// lineOf is the line of a run without its accuracy.
func lineOf(store run.Store, r *run.Run) (Line, error) {
	name, err := store.Name(r)
	if err != nil {
		return Line{}, err
	}
	return Line{
		Model: r.Recipe.Model.Name, Title: kind(r.Recipe), Slide: study.SlideOf(r.Recipe.Model.Name).Test,
		Run: name, Published: r.Published,
		Images: r.Recipe.Data.TrainingImages(), Limited: r.Recipe.Data.Limit > 0,
		Epochs: len(r.History), Parameters: r.Record.Parameters, Seconds: r.Record.Seconds, Device: r.Record.Devices(),
		Finished: r.Record.Finished, Seed: r.Recipe.Seed, Modules: r.Record.Modules,
		run: r,
	}, nil
}
