package hyperband

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Worker trains a configuration until it has had so many epochs since its start, and returns the objective after each of
// them; larger is better. It goes on where the last training of the same configuration stopped, whichever worker did it, and
// trains nothing that is trained already. An error that wraps ErrLost makes the trial lose its rung; any other is taken for an
// outside trouble: the training is tried again, and the search ends if the trouble stays.
type Worker[C any] func(config C, epochs int) ([]float64, error)

// ErrLost is wrapped by a worker's error where the configuration is to blame, such as one whose loss is not a number.
var ErrLost = errors.New("this configuration cannot be trained")

// Search is a search before it begins: everything that decides its outcome.
type Search[C comparable] struct {
	Brackets []Bracket
	Space    Space[C]
	Base     C      // what the parameters of the space are set in
	Seed     uint64 // of the draws
	// Given replaces the draws: the configurations of the first bracket, in their order, then of the next.
	Given []C

	// Journal is the file that keeps what was measured, so that a search that was interrupted goes on; "" keeps nothing. Only
	// one process at a time may have it.
	Journal string
	Retries int // how often a training that failed for an outside reason is tried again
}

// attempts bounds how often a trial of a small space is drawn anew because its bracket has its configuration already.
const attempts = 100

// searching is a search under way.
type searching[C comparable] struct {
	Search[C]
	state   State[C]
	courses []course
	sharers map[int][]int // positions of the trials that share the training of the trial at a position
	busy    map[int]bool  // trials that are being trained
}

// course is a bracket under way. Trials are named by their positions in the state.
type course struct {
	rung    int
	alive   []int
	waiting []int // of those alive, to be trained in this rung
	open    int   // how many of those alive are not settled in this rung
}

// begin draws all trials.
func (s Search[C]) begin() (*searching[C], error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	w := &searching[C]{Search: s, sharers: map[int][]int{}, busy: map[int]bool{}}
	w.state = State[C]{Brackets: s.Brackets, Space: s.Space, Planned: Cost(s.Brackets).Epochs}
	first := map[C]int{} // positions
	for b, bracket := range s.Brackets {
		here := map[C]bool{}
		for i := range bracket.Rungs[0].Trials {
			n := len(w.state.Trials)
			t := Trial[C]{ID: n + 1, Bracket: b, Status: Waiting}
			for attempt := 0; ; attempt++ {
				if s.Given != nil {
					t.Config = s.Given[n]
				} else {
					t.Values = s.Space.draw(s.Seed, b, i, attempt)
					t.Config = s.Space.configure(s.Base, t.Values)
				}
				if !here[t.Config] || s.Given != nil || attempt == attempts {
					break
				}
			}
			if here[t.Config] {
				t.Status, t.settled = Duplicate, true
			}
			here[t.Config] = true
			if _, ok := first[t.Config]; !ok {
				first[t.Config] = n
			}
			owner := first[t.Config]
			if owner != n {
				t.Same = owner + 1
			}
			w.sharers[owner] = append(w.sharers[owner], n)
			w.state.Trials = append(w.state.Trials, t)
		}
	}
	w.courses = make([]course, len(s.Brackets))
	for i, t := range w.state.Trials {
		if t.Status != Duplicate {
			w.courses[t.Bracket].alive = append(w.courses[t.Bracket].alive, i)
		}
	}
	for b := range w.courses {
		w.enter(b)
	}
	return w, nil
}

func (s Search[C]) check() error {
	if len(s.Brackets) == 0 {
		return errors.New("the search has no brackets")
	}
	for _, b := range s.Brackets {
		if len(b.Rungs) == 0 {
			return fmt.Errorf("a bracket of the search (s = %d) has no rungs", b.S)
		}
		for i, r := range b.Rungs {
			if r.Trials < 1 || r.Epochs < 1 || i > 0 && r.Epochs < b.Rungs[i-1].Epochs {
				return fmt.Errorf("rung %d of a bracket (s = %d) has %d trials and %d epochs, want 1 or more, and no fewer epochs than before", i, b.S, r.Trials, r.Epochs)
			}
		}
	}
	if s.Given != nil {
		if want := Cost(s.Brackets).Trials; len(s.Given) != want {
			return fmt.Errorf("the search is given %d configurations, want %d", len(s.Given), want)
		}
		return nil
	}
	return s.Space.Check()
}

// owner is the position of the trial whose training the one at a position shares.
func (w *searching[C]) owner(i int) int {
	if same := w.state.Trials[i].Same; same > 0 {
		return same - 1
	}
	return i
}

// enter starts the rung of a bracket.
func (w *searching[C]) enter(b int) {
	c := &w.courses[b]
	c.waiting, c.open = nil, 0
	for _, i := range c.alive {
		t := &w.state.Trials[i]
		t.Rung, t.settled, t.Status = c.rung, false, Waiting
		c.waiting = append(c.waiting, i)
		c.open++
	}
	for _, i := range c.alive {
		w.settle(i)
	}
	w.promote(b)
}

// settle notes that a trial is measured in its rung, or lost, if it is.
func (w *searching[C]) settle(i int) {
	t := &w.state.Trials[i]
	c := &w.courses[t.Bracket]
	if t.settled || t.Rung != c.rung {
		return
	}
	switch {
	case len(t.Scores) >= w.state.RungEpochs(*t):
		t.Status = Measured
	case t.Reason != "":
		t.Status = Lost
	default:
		return
	}
	t.settled = true
	c.open--
}

// promote ends the rung of a bracket in which all is settled: the best go on.
func (w *searching[C]) promote(b int) {
	c := &w.courses[b]
	if c.open > 0 {
		return
	}
	rungs := w.Brackets[b].Rungs
	c.alive = slices.DeleteFunc(c.alive, func(i int) bool { return w.state.Trials[i].Status == Lost })
	if c.rung == len(rungs)-1 {
		for _, i := range c.alive {
			w.state.Trials[i].Status = Finished
		}
		return
	}
	epochs := rungs[c.rung].Epochs
	slices.SortStableFunc(c.alive, func(i, j int) int {
		return cmp.Or(cmp.Compare(w.state.Trials[j].Score(epochs), w.state.Trials[i].Score(epochs)), cmp.Compare(i, j))
	})
	stay := min(len(c.alive), rungs[c.rung+1].Trials)
	for _, i := range c.alive[stay:] {
		w.state.Trials[i].Status = Dropped
	}
	c.alive = c.alive[:stay]
	if stay == 0 {
		return
	}
	c.rung++
	w.enter(b)
}

// next returns the position of a trial to train now, and to how many epochs.
func (w *searching[C]) next() (i, epochs int, ok bool) {
	for b := range w.courses {
		c := &w.courses[b]
		for len(c.waiting) > 0 && w.state.Trials[c.waiting[0]].settled {
			c.waiting = c.waiting[1:]
		}
		for place, i := range c.waiting {
			if !w.busy[w.owner(i)] && !w.state.Trials[i].settled {
				c.waiting = slices.Delete(c.waiting, place, place+1)
				return i, w.state.RungEpochs(w.state.Trials[i]), true
			}
		}
	}
	return 0, 0, false
}

// take notes what was measured of a trial and of those that share its training.
func (w *searching[C]) take(e event) {
	owner := e.Trial - 1
	if e.Lost == "" {
		w.state.Epochs += e.Epochs - len(w.state.Trials[owner].Scores)
	}
	w.state.Seconds += e.Seconds
	for _, i := range w.sharers[owner] {
		t := &w.state.Trials[i]
		if e.Lost != "" {
			t.Reason = e.Lost
		} else {
			t.Scores = e.Scores
		}
		w.settle(i)
	}
	for _, i := range w.sharers[owner] {
		w.promote(w.state.Trials[i].Bracket)
	}
}

// finished reports whether every bracket is at its end.
func (w *searching[C]) finished() bool {
	for b, c := range w.courses {
		if c.open > 0 || c.rung < len(w.Brackets[b].Rungs)-1 && len(c.alive) > 0 {
			return false
		}
	}
	return true
}
