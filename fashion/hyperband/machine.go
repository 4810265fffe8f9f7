package hyperband

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"fashionlab/fashion/internal/text"
)

// attempts bounds how often a trial is drawn again because its bracket already has its configuration, as happens in a small space.
const attempts = 100

// Machine decides what a search trains next, and knows nothing of clocks, files and workers: results go in, tasks come out. In whatever order the results arrive, it
// finds the same. Inside, trials are identified by their positions in the state.
type Machine[C comparable] struct {
	search  Search[C]
	state   State[C]
	halving []halving     // one for each bracket
	sharers map[int][]int // the trials that share the training of a trial
	busy    map[int]bool  // the trials that are being trained
	results []Result      // in the order in which they were recorded
}

// halving is a bracket under way.
type halving struct {
	rung    int
	alive   []int
	waiting []int // of those alive, to be trained in this rung
	open    int   // how many of those alive are not settled in this rung
}

// Task is a training to be done: a configuration, up to a number of epochs counted from the start of its training.
type Task[C any] struct {
	Trial  int // ID of the first trial with the configuration
	Config C
	Epochs int
}

// Result is what came of a task. As JSON it is a line of a search's journal.
type Result struct {
	Trial   int             `json:"trial"`
	Config  json.RawMessage `json:"config"`
	Epochs  int             `json:"epochs"`
	Scores  []float64       `json:"scores,omitempty"`  // after each epoch
	Failed  string          `json:"lost,omitempty"`    // why the trial failed
	Retried []string        `json:"retried,omitempty"` // the errors of the attempts before this one
	Seconds float64         `json:"seconds"`
}

// Machine draws all trials of a search. The errors are those of brackets, configurations or a space that cannot be searched.
func (s Search[C]) Machine() (*Machine[C], error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	m := &Machine[C]{search: s, sharers: map[int][]int{}, busy: map[int]bool{}}
	m.state = State[C]{Brackets: s.Brackets, Space: s.Space, Planned: Cost(s.Brackets).Epochs}
	first := map[C]int{} // positions
	for b, bracket := range s.Brackets {
		here := map[C]bool{}
		for i := range bracket.Rungs[0].Trials {
			n := len(m.state.Trials)
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
				m.state.over = append(m.state.over, t.ID)
			}
			here[t.Config] = true
			if _, ok := first[t.Config]; !ok {
				first[t.Config] = n
			}
			owner := first[t.Config]
			if owner != n {
				t.Same = owner + 1
			}
			m.sharers[owner] = append(m.sharers[owner], n)
			m.state.Trials = append(m.state.Trials, t)
		}
	}
	m.halving, m.state.standings = make([]halving, len(s.Brackets)), make([]standing, len(s.Brackets))
	for i, t := range m.state.Trials {
		if t.Status != Duplicate {
			m.halving[t.Bracket].alive = append(m.halving[t.Bracket].alive, i)
		}
	}
	for b := range m.halving {
		m.enter(b)
	}
	return m, nil
}

// owner returns the trial whose training trial i shares: the first with the same configuration.
func (m *Machine[C]) owner(i int) int {
	if same := m.state.Trials[i].Same; same > 0 {
		return same - 1
	}
	return i
}

// enter starts a rung of bracket b.
func (m *Machine[C]) enter(b int) {
	c := &m.halving[b]
	c.waiting, c.open = nil, 0
	m.state.standings[b] = standing{c.rung, len(c.alive)}
	for _, i := range c.alive {
		t := &m.state.Trials[i]
		t.Rung, t.settled, t.Status = c.rung, false, Waiting
		c.waiting = append(c.waiting, i)
		c.open++
	}
	for _, i := range c.alive {
		m.settle(i)
	}
	m.promote(b)
}

// settle marks a trial as measured or failed in its rung, if it is.
func (m *Machine[C]) settle(i int) {
	t := &m.state.Trials[i]
	c := &m.halving[t.Bracket]
	if t.settled || t.Rung != c.rung {
		return
	}
	switch {
	case len(t.Scores) >= m.state.RungEpochs(*t):
		t.Status = Measured
		if c.rung == len(m.search.Brackets[t.Bracket].Rungs)-1 {
			t.Status = Finished
			m.state.standings[t.Bracket].alive--
		}
	case t.Reason != "":
		t.Status = Failed
		m.state.standings[t.Bracket].alive--
		m.state.over = append(m.state.over, t.ID)
	default:
		return
	}
	t.settled = true
	c.open--
}

// promote ends the rung of bracket b, if all of its trials are settled: the best enter the next rung.
func (m *Machine[C]) promote(b int) {
	c := &m.halving[b]
	if c.open > 0 {
		return
	}
	rungs := m.search.Brackets[b].Rungs
	c.alive = slices.DeleteFunc(c.alive, func(i int) bool { return m.state.Trials[i].Status == Failed })
	if c.rung == len(rungs)-1 {
		return
	}
	epochs := rungs[c.rung].Epochs
	slices.SortStableFunc(c.alive, func(i, j int) int {
		return cmp.Or(cmp.Compare(m.state.Trials[j].Score(epochs), m.state.Trials[i].Score(epochs)), cmp.Compare(i, j))
	})
	promoted := min(len(c.alive), rungs[c.rung+1].Trials)
	for _, i := range c.alive[promoted:] {
		m.state.Trials[i].Status = Dropped
		m.state.over = append(m.state.over, m.state.Trials[i].ID)
	}
	c.alive = c.alive[:promoted]
	if promoted == 0 {
		return
	}
	c.rung++
	m.enter(b)
}

// Next returns a task that can be done now, beside those under way: the tasks that Next has returned and that Record has no result of. Without one, ok is false: either the
// search is done, or a rung waits for the tasks under way.
func (m *Machine[C]) Next() (task Task[C], ok bool) {
	for b := range m.halving {
		c := &m.halving[b]
		for len(c.waiting) > 0 && m.state.Trials[c.waiting[0]].settled {
			c.waiting = c.waiting[1:]
		}
		for position, i := range c.waiting {
			owner := m.owner(i)
			if m.busy[owner] || m.state.Trials[i].settled {
				continue
			}
			copy(c.waiting[1:], c.waiting[:position]) // the few before it: of the many behind it none moves
			c.waiting = c.waiting[1:]
			m.busy[owner], m.state.Trials[i].Status = true, Training
			t := m.state.Trials[owner]
			return Task[C]{t.ID, t.Config, m.state.RungEpochs(m.state.Trials[i])}, true
		}
	}
	return task, false
}

// Busy is how many tasks are under way.
func (m *Machine[C]) Busy() int { return len(m.busy) }

// Results are those that were recorded, in their order.
func (m *Machine[C]) Results() []Result { return m.results }

// State is the state of the search, valid until the next call.
func (m *Machine[C]) State() State[C] {
	m.state.Done = m.finished()
	return m.state
}

// Record takes a result, of a task that is under way or of one that an earlier process had. A result that no task of the search can have is an error, and changes nothing.
func (m *Machine[C]) Record(r Result) error {
	if err := m.checkResult(r); err != nil {
		return err
	}
	delete(m.busy, r.Trial-1)
	m.record(r)
	m.results = append(m.results, r)
	return nil
}

// checkResult reports what in a result no task of the search can have.
func (m *Machine[C]) checkResult(r Result) error {
	if err := m.checkTrial(r); err != nil {
		return err
	}
	t := m.state.Trials[r.Trial-1]
	config, err := json.Marshal(t.Config)
	if err != nil {
		return err
	}
	if !bytes.Equal(config, r.Config) {
		return fmt.Errorf("trial %d has the configuration %s, want %s: the journal belongs to another search", r.Trial, text.Shown(string(r.Config)), config)
	}
	if !m.hasRung(r.Epochs) || r.Seconds < 0 {
		return fmt.Errorf("trial %d was trained for %d epochs in %v s, want those of a rung", r.Trial, r.Epochs, r.Seconds)
	}
	if t.Same != 0 || r.Failed == "" && (len(r.Scores) != r.Epochs || r.Epochs <= len(t.Scores)) {
		return fmt.Errorf("trial %d has %d scores for %d epochs, want one for each, and more than before", r.Trial, len(r.Scores), r.Epochs)
	}
	return nil
}

// checkTrial reports a result of a trial that the search does not have.
func (m *Machine[C]) checkTrial(r Result) error {
	if r.Trial < 1 || r.Trial > len(m.state.Trials) {
		return fmt.Errorf("found trial %d, want 1 to %d", r.Trial, len(m.state.Trials))
	}
	return nil
}

// hasRung reports whether a bracket trains up to so many epochs.
func (m *Machine[C]) hasRung(epochs int) bool {
	return slices.ContainsFunc(m.search.Brackets, func(b Bracket) bool {
		return slices.ContainsFunc(b.Rungs, func(r Rung) bool { return r.Epochs == epochs })
	})
}

// record updates the state by the training of a trial and of those that share it.
func (m *Machine[C]) record(r Result) {
	owner := r.Trial - 1
	if r.Failed == "" {
		m.state.Epochs += r.Epochs - len(m.state.Trials[owner].Scores)
	}
	m.state.Seconds += r.Seconds
	for _, i := range m.sharers[owner] {
		t := &m.state.Trials[i]
		if r.Failed != "" {
			t.Reason = r.Failed
		} else {
			t.Scores = r.Scores
		}
		m.settle(i)
	}
	m.state.rank(owner)
	for _, i := range m.sharers[owner] {
		m.promote(m.state.Trials[i].Bracket)
	}
}

// finished reports whether every bracket is finished.
func (m *Machine[C]) finished() bool {
	for b, c := range m.halving {
		if c.open > 0 || c.rung < len(m.search.Brackets[b].Rungs)-1 && len(c.alive) > 0 {
			return false
		}
	}
	return true
}
