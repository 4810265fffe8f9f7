package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// searchOptions are the flags of a search.
type searchOptions struct {
	model      string
	profile    recipes.Profile
	budget     recipes.Budget // 0: the profile's
	workers    int
	plan, json bool
}

// search plans a search, or does it.
func search(o searchOptions) error {
	budget := recipes.SearchBudget(o.profile)
	if o.budget.R != 0 {
		budget.R = o.budget.R
	}
	if o.budget.Eta != 0 {
		budget.Eta = o.budget.Eta
	}
	if o.budget.Rounding != "" {
		budget.Rounding = o.budget.Rounding
	}
	s, err := recipes.Search(o.model, o.profile, budget)
	if err != nil {
		return err
	}
	if o.plan {
		p, err := newPlan(s, budget, o)
		if err != nil {
			return err
		}
		if o.json {
			return writeJSON(p)
		}
		return p.print(os.Stdout)
	}
	if err := fitSource(s.Base, o.profile); err != nil {
		return err
	}
	found, err := train.Search(s, o.workers, progress())
	if err != nil {
		return fmt.Errorf("%w\nwhat was measured is kept; the same command goes on with it", err)
	}
	if o.json {
		return writeJSON(ranked(found))
	}
	return printRanking(os.Stdout, found, s.Base.Model.Name)
}

func writeJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progress reports on standard error: in one line that changes where a person reads it, else in a line per training.
func progress() func(hyperband.State[run.Recipe]) {
	info, err := os.Stderr.Stat()
	start, end := "", "\n"
	if err == nil && info.Mode()&os.ModeCharDevice != 0 {
		start, end = "\r\x1b[K", ""
	}
	return func(s hyperband.State[run.Recipe]) {
		fmt.Fprint(os.Stderr, start, notebook.SearchLine(s), end)
		if s.Done {
			fmt.Fprintln(os.Stderr)
		}
	}
}

// plan is what a search will cost.
type plan struct {
	Model    string              `json:"model"`
	Budget   recipes.Budget      `json:"budget"`
	Brackets []hyperband.Bracket `json:"brackets"`
	Cost     hyperband.Plan      `json:"cost"`
	Images   int                 `json:"images"` // of an epoch, validation included
	Estimate *estimate           `json:"estimate,omitempty"`
}

// estimate is a plan's time and memory, from what a run measured.
type estimate struct {
	Run     string  `json:"run"`
	Device  string  `json:"device"`
	Seconds float64 `json:"seconds"`          // of the whole search with one worker
	Memory  int64   `json:"memory,omitempty"` // bytes of the process with one worker
	Disk    int64   `json:"disk"`             // bytes of the checkpoints of the trials that are alive at once
}

func newPlan(s hyperband.Search[run.Recipe], b recipes.Budget, o searchOptions) (plan, error) {
	p := plan{Model: o.model, Budget: b, Brackets: s.Brackets, Cost: hyperband.Cost(s.Brackets), Images: recipes.Images(s.Base.Data)}
	root, err := run.Root()
	if err != nil {
		return p, err
	}
	runs, unreadable := run.List(root)
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	for _, r := range runs {
		seconds, epochs := 0.0, len(r.History)
		if r.Recipe.Model.Name != s.Base.Model.Name || r.Recipe.Model.Size != s.Base.Model.Size || epochs == 0 || r.Record.Device == "" {
			continue
		}
		for _, e := range r.History {
			seconds += e.Seconds
		}
		perImage := seconds / float64(epochs*recipes.Images(r.Recipe.Data))
		const values, files = 3, 3 // a parameter and its two moments; last, previous and best
		p.Estimate = &estimate{
			Run: r.Dir, Device: r.Record.Device, Memory: r.Record.PeakMemory,
			Seconds: perImage * float64(p.Cost.Epochs*p.Images),
			Disk:    int64(r.Record.Parameters) * 4 * values * files * int64(hyperband.Widest(s.Brackets)),
		}
	}
	return p, nil
}

func (p plan) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "Hyperband for %s, R = %d epochs, eta = %d (%s): trials at epochs in each rung\n\n", p.Model, p.Budget.R, p.Budget.Eta, p.Budget.Rounding)
	for _, b := range p.Brackets {
		fmt.Fprintf(t, "bracket %d", b.S)
		for _, r := range b.Rungs {
			fmt.Fprintf(t, "\t%d at %d", r.Trials, r.Epochs)
		}
		fmt.Fprintln(t, "\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d trials, %d trainings, %d epochs of %d images (%d if promoted trials began anew)\n",
		p.Cost.Trials, p.Cost.Trainings, p.Cost.Epochs, p.Images, p.Cost.Restarted)
	if p.Estimate == nil {
		fmt.Fprintf(w, "time and memory: not known, no run of %s is on this machine\n", p.Model)
		return nil
	}
	fmt.Fprintf(w, "about %v with one worker, by %s on %s; up to %.1f GB of checkpoints", time.Duration(p.Estimate.Seconds*float64(time.Second)).Round(time.Second),
		p.Estimate.Run, p.Estimate.Device, float64(p.Estimate.Disk)/1e9)
	if p.Estimate.Memory > 0 {
		fmt.Fprintf(w, "; that run's process had %.1f GB of memory", float64(p.Estimate.Memory)/1e9)
	}
	fmt.Fprintln(w)
	return nil
}

// place is a line of a ranking.
type place struct {
	Trial      int               `json:"trial"`
	Accuracy   float64           `json:"validation_accuracy"`
	Epochs     int               `json:"epochs"`
	Parameters map[string]string `json:"parameters"`
	Recipe     run.Recipe        `json:"recipe"`
}

func ranked(s hyperband.State[run.Recipe]) []place {
	var list []place
	for _, t := range s.Ranking() {
		p := place{Trial: t.ID, Accuracy: t.Score(0), Epochs: len(t.Scores), Parameters: map[string]string{}, Recipe: t.Config}
		for i, parameter := range s.Space {
			p.Parameters[parameter.Name] = parameter.Word(t.Values[i])
		}
		list = append(list, p)
	}
	return list
}

// printRanking prints the best trials, and the slide's parameters under them.
func printRanking(w io.Writer, s hyperband.State[run.Recipe], model string) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	header, rows := s.Table(10, "validation accuracy")
	for _, row := range append([][]string{header}, rows...) {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	fmt.Fprintf(t, "slide\t\t\t%s\n", strings.Join(recipes.SlideOf(model).Parameters, "\t"))
	return t.Flush()
}
