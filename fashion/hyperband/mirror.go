package hyperband

import "errors"

// Mirror keeps the journal of a search whose trainings are done elsewhere, so that the journal reads as if Run had written it.
type Mirror[C comparable] struct {
	machine *Machine[C]
	journal *journal
}

// Mirror opens the search's journal, or begins it, and replays it. Close ends it.
func (s Search[C]) Mirror() (*Mirror[C], error) {
	if s.Journal == "" {
		return nil, errors.New("the search has no journal to be kept")
	}
	m, err := s.Machine()
	if err != nil {
		return nil, err
	}
	j, err := m.open()
	if err != nil {
		return nil, err
	}
	return &Mirror[C]{m, j}, nil
}

// Machine is the search as the journal has it; for reading.
func (m *Mirror[C]) Machine() *Machine[C] { return m.machine }

// Record appends a result to the journal. One that the journal has already, from this search or from another execution of the same trial, is left out.
func (m *Mirror[C]) Record(r Result) error {
	if err := m.machine.checkTrial(r); err != nil {
		return err
	}
	if t := m.machine.state.Trials[r.Trial-1]; r.Failed == "" && len(t.Scores) >= r.Epochs || r.Failed != "" && t.Reason != "" {
		return nil
	}
	if err := m.machine.checkResult(r); err != nil {
		return err
	}
	if err := m.journal.write(r); err != nil {
		return err
	}
	return m.machine.Record(r)
}

// Close closes the journal.
func (m *Mirror[C]) Close() error { return m.journal.close() }
