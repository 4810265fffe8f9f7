package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// Spec names a search of the study, which client and workers build from the same code.
type Spec struct {
	Model   string        `json:"model"`
	Profile study.Profile `json:"profile"`
	Budget  study.Budget  `json:"budget"`
}

// Search builds the search.
func (s Spec) Search() (hyperband.Search[recipes.Recipe], error) {
	return study.Search(s.Model, s.Profile, s.Budget)
}

// Order is a search to be done: the input of the workflow.
type Order struct {
	Spec   Spec    `json:"spec"`
	Search string  `json:"search"` // digest of the journal's header
	Trials string  `json:"trials"` // digest of all configurations: drawing rounds, and a processor of another kind could round otherwise
	Done   []Event `json:"done"`   // results of before: of a journal whose server is lost, or of a history that grew long
}

// newOrder is the order of a search with the results that its journal has.
func newOrder[C comparable](spec Spec, s hyperband.Search[C], done []hyperband.Result) (o Order, err error) {
	o.Spec = spec
	if o.Search, err = s.Digest(); err != nil {
		return o, err
	}
	l, err := newLedger(s, nil)
	if err != nil {
		return o, err
	}
	for _, r := range done {
		if err := l.record(r); err != nil {
			return o, err
		}
	}
	o.Done = l.events
	o.Trials, err = digestTrials(l.State())
	return o, err
}

// digestTrials is the SHA-256 of the configurations of all trials, in hexadecimal.
func digestTrials[C comparable](s hyperband.State[C]) (string, error) {
	sum := sha256.New()
	for _, t := range s.Trials {
		config, err := json.Marshal(t.Config)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s\n", config)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Event is a result without what the search knows already, its configuration and the scores of before: messages of Temporal have 2 MB at most.
type Event struct {
	Trial   int       `json:"t"`
	Epochs  int       `json:"e"`
	Scores  []float64 `json:"s,omitempty"` // of the epochs since the trial's event before
	Failed  string    `json:"f,omitempty"`
	Seconds float64   `json:"d"`
}

// shorten makes an event of a result that the machine does not have yet.
func shorten[C comparable](m *hyperband.Machine[C], r hyperband.Result) Event {
	e := Event{Trial: r.Trial, Epochs: r.Epochs, Scores: r.Scores, Failed: r.Failed, Seconds: r.Seconds}
	if trials := m.State().Trials; r.Trial >= 1 && r.Trial <= len(trials) {
		e.Scores = r.Scores[min(len(trials[r.Trial-1].Scores), len(r.Scores)):]
	}
	return e
}

// expand makes the result again that an event was made of, for a machine that has the results before it, and perhaps more.
func expand[C comparable](m *hyperband.Machine[C], e Event) (r hyperband.Result, err error) {
	trials := m.State().Trials
	if e.Trial < 1 || e.Trial > len(trials) {
		return r, fmt.Errorf("found an event of trial %d, want 1 to %d", e.Trial, len(trials))
	}
	t := trials[e.Trial-1]
	r = hyperband.Result{Trial: e.Trial, Epochs: e.Epochs, Failed: e.Failed, Seconds: e.Seconds}
	if e.Failed == "" {
		before := e.Epochs - len(e.Scores)
		if before < 0 || before > len(t.Scores) {
			return r, fmt.Errorf("an event of trial %d has %d scores of %d epochs, and the search %d", e.Trial, len(e.Scores), e.Epochs, len(t.Scores))
		}
		r.Scores = slices.Concat(t.Scores[:before], e.Scores)
	}
	r.Config, err = json.Marshal(t.Config)
	return r, err
}

// ledger is a search's machine, and what it recorded as events.
type ledger[C comparable] struct {
	*hyperband.Machine[C]
	events []Event
}

// newLedger is the ledger of a search with events of before.
func newLedger[C comparable](s hyperband.Search[C], done []Event) (*ledger[C], error) {
	m, err := s.Machine()
	if err != nil {
		return nil, err
	}
	l := &ledger[C]{Machine: m}
	for _, e := range done {
		r, err := expand(m, e)
		if err == nil {
			err = l.record(r)
		}
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// record records a result and keeps its event.
func (l *ledger[C]) record(r hyperband.Result) error {
	e := shorten(l.Machine, r)
	if err := l.Record(r); err != nil {
		return err
	}
	l.events = append(l.events, e)
	return nil
}
