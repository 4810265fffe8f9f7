package hyperband

import "fmt"

// Strategy is a way to spend a budget of epochs, and what it found.
type Strategy struct {
	Name    string
	Epochs  float64   // of one search, the mean
	Regrets []float64 // of each search: the final accuracy of the best configuration there is, less that of the one it found
}

// compare compares Hyperband with random search and with repetitions of its most aggressive bracket, in searches that differ in their seed. The budget of
// each is the number of epochs of one Hyperband search, rounded down to complete brackets.
func compare[C comparable](R, eta, seeds int, search func([]Bracket, uint64) Search[C], train func(seed uint64) Worker[C], regret func(C) float64) ([]Strategy, error) {
	table, err := Brackets(R, eta, Algorithm1)
	if err != nil {
		return nil, err
	}
	budget := Cost(table).Epochs
	var aggressive []Bracket
	for len(aggressive) < max(1, budget/Cost(table[:1]).Epochs) {
		aggressive = append(aggressive, table[0])
	}
	list := []Strategy{{Name: "random search"}, {Name: "successive halving"}, {Name: "Hyperband"}}
	for i, brackets := range [][]Bracket{RandomSearch(budget/R, R), aggressive, table} {
		for seed := range seeds {
			found, err := search(brackets, uint64(seed)).replay(train(uint64(seed)))
			if err != nil {
				return nil, err
			}
			list[i].Epochs += float64(found.Epochs) / float64(seeds)
			ranking := found.Ranking()
			if len(ranking) == 0 {
				return nil, fmt.Errorf("%s with seed %d: no configuration can be trained", list[i].Name, seed)
			}
			list[i].Regrets = append(list[i].Regrets, regret(ranking[0].Config))
		}
	}
	return list, nil
}

// replay is Run with one worker that takes no time and makes no errors but ErrFailed, and without a journal.
func (s Search[C]) replay(train Worker[C]) (State[C], error) {
	m, err := s.Machine()
	if err != nil {
		return State[C]{}, err
	}
	for task, ok := m.Next(); ok; task, ok = m.Next() {
		o := task.train(0, train, 0)
		if o.err == nil {
			o.err = m.Record(o.Result)
		}
		if o.err != nil {
			return m.State(), o.err
		}
	}
	return m.State(), nil
}
