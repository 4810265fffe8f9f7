package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// plan is what a search will cost.
type plan struct {
	Model    string              `json:"model"`
	Budget   study.Budget        `json:"budget"`
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

// newPlan estimates a search by the runs of its model on this machine.
func newPlan(s hyperband.Search[run.Recipe], o searchOptions) (plan, error) {
	p := plan{Model: o.model, Budget: o.budget, Brackets: s.Brackets, Cost: hyperband.Cost(s.Brackets), Images: s.Base.Data.Images()}
	runs, unreadable := run.Local().List()
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
		perImage := seconds / float64(epochs*r.Recipe.Data.Images())
		const values, files = 3, 3 // a parameter and its two moments; last, previous and best
		p.Estimate = &estimate{
			Run: r.Dir, Device: r.Record.Device, Memory: r.Record.PeakMemory,
			Seconds: perImage * float64(p.Cost.Epochs*p.Images),
			Disk:    int64(r.Record.Parameters) * 4 * values * files * int64(hyperband.MaxTrials(s.Brackets)),
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
