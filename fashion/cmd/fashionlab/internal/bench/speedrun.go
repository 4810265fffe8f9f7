package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/run"
)

// targets are the validation accuracies to which a speedrun is timed.
var targets = []float64{0.93, 0.94, 0.95}

// attempt is a training that is timed to the targets. Its JSON is what testdata/speedrun/peers.py writes of others.
type attempt struct {
	Name       string      `json:"name"`
	Device     string      `json:"device"`
	Parameters int         `json:"parameters"`
	History    []run.Epoch `json:"history"`
}

// Speedrun prints how many seconds of training and validation, without compiling, each of some trainings took to the first epoch of each target in validation. They are runs by their names, this machine's
// before the published ones, and files of testdata/speedrun/peers.py, which end in .json.
func Speedrun(w io.Writer, names []string) error {
	if len(names) == 0 {
		return errors.New("-speedrun: name runs, such as full/residual, or files that testdata/speedrun/peers.py wrote")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "training\tparameters\t")
	for _, target := range targets {
		fmt.Fprintf(t, "%v in validation\t", target)
	}
	fmt.Fprintln(t, "highest\tdevice")
	for _, name := range names {
		a, err := readAttempt(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%d\t", a.Name, a.Parameters)
		for _, target := range targets {
			fmt.Fprintf(t, "%s\t", a.reached(target))
		}
		best := run.MostAccurate(a.History)
		fmt.Fprintf(t, "%.4f, epoch %d of %d\t%s\n", best.ValidationAccuracy, best.Epoch, len(a.History), a.Device)
	}
	return t.Flush()
}

// readAttempt reads a run or a file.
func readAttempt(name string) (a attempt, err error) {
	if strings.HasSuffix(name, ".json") {
		data, err := os.ReadFile(name)
		if err != nil {
			return a, err
		}
		if err := json.Unmarshal(data, &a); err != nil {
			return a, fmt.Errorf("%s: %w", name, err)
		}
	} else {
		r, err := run.Find(name)
		if err != nil {
			return a, err
		}
		a = attempt{name, r.Record.Devices(), r.Record.Parameters, r.History}
		if r.Published {
			a.Name += " (published)"
		}
	}
	if len(a.History) == 0 {
		return a, fmt.Errorf("%s: the history has no epoch", name)
	}
	return a, nil
}

// reached is the time to the first epoch of at least a validation accuracy; a dash without one.
func (a attempt) reached(target float64) string {
	seconds := 0.0
	for _, e := range a.History {
		seconds += e.Seconds
		if e.ValidationAccuracy >= target {
			return fmt.Sprintf("%.0f s, epoch %d", seconds, e.Epoch)
		}
	}
	return "-"
}
