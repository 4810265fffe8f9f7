package hyperband

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Worker trains a configuration up to a number of epochs, counted from the start of its training, and returns the objective after each of them;
// larger is better. It resumes where the last training of the same configuration stopped, by whichever worker, and repeats no epoch. After an
// error that wraps ErrFailed the trial fails and leaves its bracket. Any other error is taken for a passing one, such as a full disk: the training
// is tried again, and the search ends with the error if it persists.
type Worker[C any] func(config C, epochs int) ([]float64, error)

// ErrFailed is wrapped by the error of a worker whose configuration cannot be trained, such as one whose loss is NaN.
var ErrFailed = errors.New("this configuration cannot be trained")

// Search is everything that decides what a search finds.
type Search[C comparable] struct {
	Brackets []Bracket
	Space    Space[C]
	Base     C      // the configuration in which the parameters of the space are set
	Seed     uint64 // of the draws
	// Configurations, if not nil, are trained instead of drawn ones: those of the first bracket, in its order, then those of the next.
	Configurations []C

	// Journal is the file that records the measurements, from which an interrupted search resumes; "" records nothing. Only one process may use
	// it at a time.
	Journal string
	Retries int // how often a training is tried again after an error that is not ErrFailed
}

// attempts bounds how often a trial is drawn again because its bracket already has its configuration, as happens in a small space.
const attempts = 100

// execution is a search under way. Trials are identified by their positions in the state.
type execution[C comparable] struct {
	Search[C]
	state   State[C]
	halving []halving     // one for each bracket
	sharers map[int][]int // the trials that share the training of a trial
	busy    map[int]bool  // the trials that are being trained
}

// halving is a bracket under way.
type halving struct {
	rung    int
	alive   []int
	waiting []int // of those alive, to be trained in this rung
	open    int   // how many of those alive are not settled in this rung
}

// begin draws all trials.
func (s Search[C]) begin() (*execution[C], error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	w := &execution[C]{Search: s, sharers: map[int][]int{}, busy: map[int]bool{}}
	w.state = State[C]{Brackets: s.Brackets, Space: s.Space, Planned: Cost(s.Brackets).Epochs}
	first := map[C]int{} // positions
	for b, bracket := range s.Brackets {
		here := map[C]bool{}
		for i := range bracket.Rungs[0].Trials {
			n := len(w.state.Trials)
			t := Trial[C]{ID: n + 1, Bracket: b, Status: Waiting}
			for attempt := 0; ; attempt++ {
				if s.Configurations != nil {
					t.Config = s.Configurations[n]
				} else {
					t.Values = s.Space.draw(s.Seed, b, i, attempt)
					t.Config = s.Space.configure(s.Base, t.Values)
				}
				if !here[t.Config] || s.Configurations != nil || attempt == attempts {
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
	w.halving = make([]halving, len(s.Brackets))
	for i, t := range w.state.Trials {
		if t.Status != Duplicate {
			w.halving[t.Bracket].alive = append(w.halving[t.Bracket].alive, i)
		}
	}
	for b := range w.halving {
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
	if s.Configurations != nil {
		if want := Cost(s.Brackets).Trials; len(s.Configurations) != want {
			return fmt.Errorf("the search has %d configurations, want %d", len(s.Configurations), want)
		}
		return nil
	}
	return s.Space.check()
}

// owner returns the trial whose training trial i shares: the first with the same configuration.
func (w *execution[C]) owner(i int) int {
	if same := w.state.Trials[i].Same; same > 0 {
		return same - 1
	}
	return i
}

// enter starts a rung of bracket b.
func (w *execution[C]) enter(b int) {
	c := &w.halving[b]
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

// settle marks a trial as measured or failed in its rung, if it is.
func (w *execution[C]) settle(i int) {
	t := &w.state.Trials[i]
	c := &w.halving[t.Bracket]
	if t.settled || t.Rung != c.rung {
		return
	}
	switch {
	case len(t.Scores) >= w.state.RungEpochs(*t):
		t.Status = Measured
	case t.Reason != "":
		t.Status = Failed
	default:
		return
	}
	t.settled = true
	c.open--
}

// promote ends the rung of bracket b, if all of its trials are settled: the best enter the next rung.
func (w *execution[C]) promote(b int) {
	c := &w.halving[b]
	if c.open > 0 {
		return
	}
	rungs := w.Brackets[b].Rungs
	c.alive = slices.DeleteFunc(c.alive, func(i int) bool { return w.state.Trials[i].Status == Failed })
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
	promoted := min(len(c.alive), rungs[c.rung+1].Trials)
	for _, i := range c.alive[promoted:] {
		w.state.Trials[i].Status = Dropped
	}
	c.alive = c.alive[:promoted]
	if promoted == 0 {
		return
	}
	c.rung++
	w.enter(b)
}

// next returns a trial to train now, and up to how many epochs.
func (w *execution[C]) next() (i, epochs int, ok bool) {
	for b := range w.halving {
		c := &w.halving[b]
		for len(c.waiting) > 0 && w.state.Trials[c.waiting[0]].settled {
			c.waiting = c.waiting[1:]
		}
		for position, i := range c.waiting {
			if !w.busy[w.owner(i)] && !w.state.Trials[i].settled {
				c.waiting = slices.Delete(c.waiting, position, position+1)
				return i, w.state.RungEpochs(w.state.Trials[i]), true
			}
		}
	}
	return 0, 0, false
}

// record updates the state by the training of a trial and of those that share it.
func (w *execution[C]) record(e event) {
	owner := e.Trial - 1
	if e.Failed == "" {
		w.state.Epochs += e.Epochs - len(w.state.Trials[owner].Scores)
	}
	w.state.Seconds += e.Seconds
	for _, i := range w.sharers[owner] {
		t := &w.state.Trials[i]
		if e.Failed != "" {
			t.Reason = e.Failed
		} else {
			t.Scores = e.Scores
		}
		w.settle(i)
	}
	for _, i := range w.sharers[owner] {
		w.promote(w.state.Trials[i].Bracket)
	}
}

// finished reports whether every bracket is finished.
func (w *execution[C]) finished() bool {
	for b, c := range w.halving {
		if c.open > 0 || c.rung < len(w.Brackets[b].Rungs)-1 && len(c.alive) > 0 {
			return false
		}
	}
	return true
}
