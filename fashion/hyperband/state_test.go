package hyperband_test

import (
	"fmt"
	"slices"
	"testing"

	"fashionlab/fashion/hyperband"
)

// standing is what Best, Current and Over say, worked out from all trials. Over is sorted.
func standing(s hyperband.State[point]) (best, bracket, rung, alive int, over []int) {
	if list := s.Ranking(); len(list) > 0 {
		best = list[0].ID
	}
	for _, t := range s.Trials {
		switch t.Status {
		case hyperband.Waiting, hyperband.Training, hyperband.Measured:
			if alive == 0 || t.Bracket == bracket {
				bracket, rung, alive = t.Bracket, max(rung, t.Rung), alive+1
			}
		case hyperband.Dropped, hyperband.Failed, hyperband.Duplicate:
			over = append(over, t.ID)
		}
	}
	return best, bracket, rung, alive, over
}

// ended are the first trials of the configurations of which no trial is trained on.
func ended(s hyperband.State[point]) (ids []int) {
	_, _, _, _, over := standing(s)
	for _, t := range s.Trials {
		goesOn := func(other hyperband.Trial[point]) bool {
			return other.Config == t.Config && !slices.Contains(over, other.ID)
		}
		if t.Same == 0 && !slices.ContainsFunc(s.Trials, goesOn) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// In some of the searches configurations fail, and are many trials': of a bracket, which are duplicates, and of several brackets.
func TestStandingOfASearchIsThatOfItsTrialsAfterEachTraining(t *testing.T) {
	small := hyperband.Space[point]{
		hyperband.Choice("a", func(p *point, v float64) { p[0] = v }, 0.1, 0.2, 0.3, 0.4),
		hyperband.Choice("b", func(p *point, v float64) { p[1] = v }, 0.1, 0.2, 0.3),
	}
	for name, space := range map[string]hyperband.Space[point]{"drawn": hyperband.SyntheticSpace(), "few": small} {
		for _, failing := range []float64{0, 0.25, 1} { // of a, from 0 on
			for _, workers := range []int{1, 3} {
				s := search(t)
				s.Space = space
				train := func(p point, epochs int) ([]float64, error) {
					if p[0] < failing && p[1] < 0.9 {
						return nil, hyperband.ErrFailed
					}
					return problem.Train(p, epochs)
				}
				what := fmt.Sprintf("%s, failing up to %v, %d workers", name, failing, workers)
				var before, gone []int
				var endings hyperband.Ended[point]
				check := func(state hyperband.State[point]) {
					best, bracket, rung, alive, over := standing(state)
					if b, r, a := state.Current(); b != bracket || r != rung || a != alive {
						t.Fatalf("%s: bracket %d, rung %d, %d alive; want %d, %d, %d", what, b, r, a, bracket, rung, alive)
					}
					if got, ok := state.Best(); got.ID != best || ok != (best > 0) {
						t.Fatalf("%s: the best is trial %d, want %d", what, got.ID, best)
					}
					if got := state.Over(); !slices.Equal(slices.Sorted(slices.Values(got)), over) || !slices.Equal(got[:len(before)], before) {
						t.Fatalf("%s: the trials %d are over, want %d in some order that begins with %d", what, got, over, before)
					}
					before = slices.Clone(state.Over())
					gone = append(gone, endings.Since(state)...)
					if want := ended(state); !slices.Equal(slices.Sorted(slices.Values(gone)), want) {
						t.Fatalf("%s: the configurations of %d have ended, want %d, each once", what, gone, want)
					}
				}
				found, err := s.Run(check, slices.Repeat([]hyperband.Worker[point]{train}, workers)...)
				if err != nil || !found.Done {
					t.Fatalf("%s: done %v, %v", what, found.Done, err)
				}
				before, gone, endings = nil, nil, hyperband.Ended[point]{}
				read, err := s.Read()
				if err != nil {
					t.Fatal(err)
				}
				check(read)
			}
		}
	}
}

// A training that is repeated may come out worse, on another machine.
func TestBestTrialThatFallsIsTheBestNoMore(t *testing.T) {
	s := search(t)
	s.Brackets, s.Journal = []hyperband.Bracket{{S: 1, Rungs: []hyperband.Rung{{Trials: 2, Epochs: 1}, {Trials: 1, Epochs: 2}}}}, ""
	first := point{}
	found := run(t, s, func(p point, epochs int) ([]float64, error) {
		switch {
		case first == point{}, p == first && epochs == 1:
			first = p
			return []float64{0.9}, nil
		case p == first:
			return []float64{0.1, 0.1}, nil
		}
		return []float64{0.5}, nil
	})
	if best, ok := found.Best(); !ok || best.Config == first || best.ID != found.Ranking()[0].ID {
		t.Errorf("the best is %v", best)
	}
}
