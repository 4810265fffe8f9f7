package hyperband

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Status is where a trial stands.
type Status string

const (
	Waiting   Status = "waiting"   // for a worker
	Training  Status = "training"  //
	Measured  Status = "measured"  // and waiting for the rest of its rung
	Dropped   Status = "dropped"   // not among the best of its rung
	Lost      Status = "lost"      // could not be trained
	Finished  Status = "finished"  // measured in the last rung of its bracket
	Duplicate Status = "duplicate" // its bracket has the same configuration already: not trained, never promoted
)

// Trial is a configuration in a bracket.
type Trial[C any] struct {
	ID      int // 1 for the first, in the order of the brackets
	Bracket int // position in the table
	Config  C
	Values  []float64 // of the space's parameters; none if the configuration was given
	Same    int       // ID of the first trial with this configuration, whose training it shares; 0 if it is the first itself
	Rung    int       // the last one that it entered, 0 for the first
	Status  Status
	Scores  []float64 // objective after each epoch that was trained, in whatever bracket
	Reason  string    // why it is lost

	settled bool // measured or lost in its rung
}

// Score is the best objective in a trial's first epochs; of all that it was trained for if epochs is 0. It is -Inf if there is none.
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

// State is a search under way or at its end. What it holds is valid until the report that it was given to returns.
type State[C comparable] struct {
	Brackets []Bracket
	Space    Space[C]
	Trials   []Trial[C]    // in the order of their IDs
	Epochs   int           // trained so far
	Planned  int           // epochs of the whole table
	Seconds  float64       // that the workers spent training
	Left     time.Duration // estimated time to the end; 0 if not known
	Done     bool
}

// Ranking lists the trials that were measured, each configuration once, the best first. Of equals the lower ID comes first.
func (s State[C]) Ranking() []Trial[C] {
	var list []Trial[C]
	for _, t := range s.Trials {
		if t.Same == 0 && len(t.Scores) > 0 {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b Trial[C]) int { return cmp.Compare(b.Score(0), a.Score(0)) })
	return list
}

// RungEpochs is what the table asks of a trial in the rung that it is in.
func (s State[C]) RungEpochs(t Trial[C]) int { return s.Brackets[t.Bracket].Rungs[t.Rung].Epochs }

// Table lists the best n trials as words: ID, score, epochs, the parameters. score names the second column.
func (s State[C]) Table(n int, score string) (header []string, rows [][]string) {
	header = []string{"trial", score, "epochs"}
	for _, p := range s.Space {
		header = append(header, p.Name)
	}
	list := s.Ranking()
	for _, t := range list[:min(n, len(list))] {
		row := []string{fmt.Sprint(t.ID), fmt.Sprintf("%.4f", t.Score(0)), fmt.Sprint(len(t.Scores))}
		for i, p := range s.Space {
			row = append(row, p.Word(t.Values[i]))
		}
		rows = append(rows, row)
	}
	return header, rows
}

// Front is the first bracket that is not at its end, the rung that it is in, and how many of its trials are alive in it: 0 if all are
// at their ends.
func (s State[C]) Front() (bracket, rung, alive int) {
	for _, t := range s.Trials {
		if t.Status != Waiting && t.Status != Training && t.Status != Measured {
			continue
		}
		if alive > 0 && t.Bracket != bracket {
			break
		}
		bracket, rung, alive = t.Bracket, max(rung, t.Rung), alive+1
	}
	return bracket, rung, alive
}
