package hyperband

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Status is the status of a trial.
type Status string

const (
	Waiting   Status = "waiting"   // for a worker
	Training  Status = "training"  // by a worker
	Measured  Status = "measured"  // and waiting for the rest of its rung
	Dropped   Status = "dropped"   // not among the best of its rung
	Failed    Status = "failed"    // its configuration cannot be trained
	Finished  Status = "finished"  // measured in the last rung of its bracket
	Duplicate Status = "duplicate" // its bracket already has the same configuration: neither trained nor promoted
)

// Trial is a configuration in a bracket.
type Trial[C any] struct {
	ID      int // 1 for the first, in the order of the brackets
	Bracket int // index of its bracket
	Config  C
	Values  []float64 // of the space's parameters; nil if the configuration was not drawn
	Same    int       // ID of the first trial with this configuration, whose training it shares; 0 if it is the first itself
	Rung    int       // the last rung that it entered, 0 for the first
	Status  Status
	Scores  []float64 // the objective after each epoch, in whichever bracket it was trained
	Reason  string    // why it failed

	settled bool // measured or failed in its rung
}

// Score returns the best objective of a trial's first epochs, or of all its epochs if epochs is 0. It is -Inf if there is none.
func (t Trial[C]) Score(epochs int) float64 {
	if epochs == 0 || epochs > len(t.Scores) {
		epochs = len(t.Scores)
	}
	best := math.Inf(-1)
	for _, s := range t.Scores[:epochs] {
		best = max(best, s)
	}
	return best
}

// State is the state of a search, under way or finished. A state that Run passes to report is valid until report returns.
type State[C comparable] struct {
	Brackets []Bracket
	Space    Space[C]
	Trials   []Trial[C]    // in the order of their IDs
	Epochs   int           // trained so far
	Planned  int           // epochs of all brackets
	Seconds  float64       // of training, summed over the workers
	Left     time.Duration // estimated time to the end; 0 before the first training of this process
	Done     bool

	standings []standing // of the brackets
	best      int        // ID of the trial that Ranking lists first; 0 without one
	over      []int
}

// standing is how far a bracket is: its rung, and how many of its trials are waiting, in training or measured in it.
type standing struct{ rung, alive int }

// Ranking lists the trials that were trained, each configuration once, the best first. Of equal scores the lower ID comes first. A trial that failed is left out, whatever its scores before.
func (s State[C]) Ranking() []Trial[C] {
	var list []Trial[C]
	for _, t := range s.Trials {
		if t.Same == 0 && len(t.Scores) > 0 && t.Reason == "" {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b Trial[C]) int { return cmp.Compare(b.Score(0), a.Score(0)) })
	return list
}

// RungEpochs returns the number of epochs up to which a trial is trained in its rung.
func (s State[C]) RungEpochs(t Trial[C]) int { return s.Brackets[t.Bracket].Rungs[t.Rung].Epochs }

// Table returns the best n trials as a table of text: ID, score, epochs and the parameters. score is the header of the second column.
func (s State[C]) Table(n int, score string) (header []string, rows [][]string) {
	header = []string{"trial", score, "epochs"}
	for _, p := range s.Space {
		header = append(header, p.Name)
	}
	list := s.Ranking()
	for _, t := range list[:min(n, len(list))] {
		row := []string{fmt.Sprint(t.ID), fmt.Sprintf("%.4f", t.Score(0)), fmt.Sprint(len(t.Scores))}
		for i, p := range s.Space {
			row = append(row, p.Format(t.Values[i]))
		}
		rows = append(rows, row)
	}
	return header, rows
}

// Best is the trial that Ranking lists first. Without one, ok is false.
func (s State[C]) Best() (t Trial[C], ok bool) {
	if s.best == 0 {
		return t, false
	}
	return s.Trials[s.best-1], true
}

// rank updates the best trial when the scores of the trial at a position may have changed.
func (s *State[C]) rank(i int) {
	t := &s.Trials[i]
	if s.best == t.ID { // its score may have fallen, where a training came out differently, or it failed
		s.best = 0
		if list := s.Ranking(); len(list) > 0 {
			s.best = list[0].ID
		}
		return
	}
	if len(t.Scores) == 0 || t.Reason != "" {
		return
	}
	if s.best == 0 || cmp.Or(cmp.Compare(t.Score(0), s.Trials[s.best-1].Score(0)), cmp.Compare(s.best, t.ID)) > 0 {
		s.best = t.ID
	}
}

// Over lists the IDs of the trials that are trained no further without having finished: dropped, failed and duplicate ones, in the order in which that was decided. The list of a later state begins with it.
func (s State[C]) Over() []int { return s.over }

// Current returns the first bracket that is not finished, its rung, and how many of its trials are alive; 0 if all brackets are finished.
func (s State[C]) Current() (bracket, rung, alive int) {
	for b, now := range s.standings {
		if now.alive > 0 {
			return b, now.rung, now.alive
		}
	}
	return 0, 0, 0
}
