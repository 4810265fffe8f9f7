package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
)

// result is a line of the report: a model's slide value beside what a run measured.
type result struct {
	Model      string          `json:"model"`
	Slide      float64         `json:"slide_test_accuracy"`
	Run        string          `json:"run,omitempty"`       // directory, relative to the folder of runs
	Published  bool            `json:"published,omitempty"` // not made on this machine; in the folder of published runs
	Test       *score.Interval `json:"test_accuracy,omitempty"`
	Epochs     int             `json:"epochs,omitempty"`
	Parameters int             `json:"parameters,omitempty"`
	Seconds    float64         `json:"seconds,omitempty"`
	Device     string          `json:"device,omitempty"`
	NotRun     string          `json:"not_run,omitempty"` // the command that makes it
}

// report prints what the slides say beside what was measured on this machine.
func report(_ context.Context, l layout, o options) error {
	root, err := runsRoot(l)
	if err != nil {
		return err
	}
	results, err := collect(root, l.published())
	if err != nil {
		return err
	}
	if o.json {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(results)
	}
	return printResults(os.Stdout, results)
}

// runsRoot is the folder of runs that the notebooks use.
func runsRoot(l layout) (string, error) {
	if os.Getenv(run.RootVariable) != "" {
		return run.Root()
	}
	return filepath.Join(l.root, "runs"), nil
}

// collect pairs each slide with the finished, tested runs of its model: those of this machine, then the published ones.
func collect(root, published string) ([]result, error) {
	var results []result
	for _, slide := range recipes.Slides() {
		ours, err := tested(root, slide)
		if err != nil {
			return nil, err
		}
		if len(ours) == 0 {
			ours = []result{{Model: slide.Title, Slide: slide.Test, NotRun: commandFor(slide.Model)}}
		}
		others, err := tested(published, slide)
		if err != nil {
			return nil, err
		}
		for i := range others {
			others[i].Published = true
		}
		results = append(results, append(ours, others...)...)
	}
	return results, nil
}

// tested lists the finished, tested runs of a slide's model in a folder.
func tested(root string, slide recipes.Slide) ([]result, error) {
	runs, unreadable := run.List(root)
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	var results []result
	for _, r := range runs {
		if r.Recipe.Model.Name != slide.Model || !r.Finished() {
			continue
		}
		p, err := r.Predictions(run.Test)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(root, r.Dir)
		if err != nil {
			return nil, err
		}
		accuracy := score.Accuracy(p)
		results = append(results, result{Model: slide.Title, Slide: slide.Test, Run: name, Test: &accuracy, Epochs: len(r.History),
			Parameters: r.Record.Parameters, Seconds: r.Record.Seconds, Device: r.Record.Device})
	}
	return results, nil
}

// commandFor is the command that trains a model, or why there is none yet.
func commandFor(model string) string {
	switch model {
	case "cnn":
		return "go run ./kernel-setup run -only 02"
	case "resnet50":
		return "go run ./kernel-setup run -only 05"
	}
	return "no notebook of this version trains it"
}

func printResults(w io.Writer, results []result) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "model\tslide\tours (95% interval)\tepochs\tparameters\ttime\trun\tdevice")
	for _, r := range results {
		if r.Test == nil {
			fmt.Fprintf(t, "%s\t%.4f\tnot run: %s\n", r.Model, r.Slide, r.NotRun)
			continue
		}
		if r.Published {
			r.Run += " (published)"
		}
		fmt.Fprintf(t, "%s\t%.4f\t%v\t%d\t%d\t%v\t%s\t%s\n", r.Model, r.Slide, *r.Test, r.Epochs, r.Parameters,
			time.Duration(r.Seconds*float64(time.Second)).Round(time.Second), r.Run, r.Device)
	}
	return t.Flush()
}
