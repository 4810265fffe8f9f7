// Package searchplan says what a search will cost.
package searchplan

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"fashionlab/fashion/device"
	"fashionlab/fashion/estimate"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Plan is what a search will cost.
type Plan struct {
	Model    string              `json:"model"`
	Budget   study.Budget        `json:"budget"`
	Brackets []hyperband.Bracket `json:"brackets"`
	Cost     hyperband.Plan      `json:"cost"`
	Images   int                 `json:"images"` // of an epoch, validation included
	Estimate cost                `json:"estimate"`
}

// cost is a search's time and memory.
type cost struct {
	Run     string  `json:"run,omitempty"` // folder of the run that the estimate rests on
	Device  string  `json:"device,omitempty"`
	Source  string  `json:"source"`           // what the estimate rests on, in words
	Seconds float64 `json:"seconds"`          // of the whole search with one worker
	Memory  int64   `json:"memory,omitempty"` // bytes of the process with one worker, if a run of the model recorded them
	Disk    int64   `json:"disk,omitempty"`   // bytes of the checkpoints of the trials that are alive at once, likewise
}

// New estimates a search of a model's hyperparameters by the runs of this machine and the published ones.
func New(s hyperband.Search[recipes.Recipe], model string, budget study.Budget) Plan {
	p := Plan{Model: model, Budget: budget, Brackets: s.Brackets, Cost: hyperband.Cost(s.Brackets), Images: s.Base.Data.Images()}
	speeds, unreadable := estimate.Measure(run.Local(), run.Published(), device.OnGPU(os.Getenv(device.BackendVariable)))
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	basis := speeds.For(s.Base)
	p.Estimate = cost{Source: basis.Source, Seconds: basis.Seconds(s.Base, p.Cost.Epochs)}
	if r := basis.Run; r != nil {
		p.Estimate.Run, p.Estimate.Device = r.Dir, r.Record.Device
		if basis.SameModel(s.Base) {
			const values, files = 3, 3 // a parameter and its two moments; last, previous and best
			p.Estimate.Memory, p.Estimate.Disk = r.Record.PeakMemory, int64(r.Record.Parameters)*4*values*files*int64(hyperband.MaxTrials(s.Brackets))
		}
	}
	return p
}

// Print writes the plan as a table.
func (p Plan) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	what := fmt.Sprintf("Hyperband for %s, R = %d epochs, eta = %d (%s)", p.Model, p.Budget.R, p.Budget.Eta, p.Budget.Rounding)
	if p.Budget.Eta == 1 {
		what = fmt.Sprintf("learning curves of %s", p.Model)
	}
	fmt.Fprintf(t, "%s: trials at epochs in each rung\n\n", what)
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
	fmt.Fprintf(w, "\n%d trials, %d trainings, %d epochs of %d images (%d if promoted trials restarted)\n",
		p.Cost.Trials, p.Cost.Trainings, p.Cost.Epochs, p.Images, p.Cost.Restarted)
	fmt.Fprintf(w, "about %v with one worker, estimated by %s", text.Seconds(p.Estimate.Seconds), p.Estimate.Source)
	if p.Estimate.Disk > 0 {
		fmt.Fprintf(w, "; up to %.1f GB of checkpoints", float64(p.Estimate.Disk)/1e9)
	}
	if p.Estimate.Memory > 0 {
		fmt.Fprintf(w, "; that run's process had %.1f GB of memory", float64(p.Estimate.Memory)/1e9)
	}
	fmt.Fprintln(w)
	return nil
}
