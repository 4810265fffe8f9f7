package hyperband

import "cmp"

// Ended finds the configurations that no bracket trains on, so that what their trainings left can be removed. The zero value has found none.
type Ended[C comparable] struct {
	over int       // trials of State.Over that it has seen
	left map[C]int // trials of each configuration that are not over
}

// Since lists the configurations of a search, each by the ID of its first trial, that have ended since the last call: all of their trials are over (see State.Over).
func (e *Ended[C]) Since(s State[C]) (ids []int) {
	if e.left == nil {
		e.left = map[C]int{}
		for _, t := range s.Trials {
			e.left[t.Config]++
		}
	}
	for _, id := range s.Over()[e.over:] {
		t := s.Trials[id-1]
		if e.left[t.Config]--; e.left[t.Config] == 0 {
			ids = append(ids, cmp.Or(t.Same, t.ID))
		}
	}
	e.over = len(s.Over())
	return ids
}
