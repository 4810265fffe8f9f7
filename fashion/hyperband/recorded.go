package hyperband

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Recorded are the learning curves of configurations that were all trained to the end. Any search among them is replayed at no cost and as often as wanted, as in tabular
// benchmarks (A. Klein and F. Hutter, "Tabular Benchmarks for Joint Architecture and Hyperparameter Optimization", 2019).
type Recorded struct {
	Curves [][]float64 // of each configuration, the objective after each epoch; of one that cannot be trained, nil
	Final  []float64   // of each configuration, its accuracy at the end, on images on which no objective was measured
}

// check reports what searches of R epochs cannot be replayed from.
func (r Recorded) check(R int) error {
	if len(r.Curves) == 0 || len(r.Curves) != len(r.Final) {
		return fmt.Errorf("found %d learning curves and %d final accuracies, want one of both for each configuration", len(r.Curves), len(r.Final))
	}
	for i, curve := range r.Curves {
		if len(curve) > 0 && len(curve) < R {
			return fmt.Errorf("the learning curve of configuration %d has %d epochs, want %d or more", i+1, len(curve), R)
		}
	}
	return nil
}

// train is a Worker.
func (r Recorded) train(configuration, epochs int) ([]float64, error) {
	if len(r.Curves[configuration]) == 0 {
		return nil, ErrFailed
	}
	return r.Curves[configuration][:epochs], nil
}

// search is a search among the configurations, which the seed draws. A bracket has each configuration at most once, and so have all brackets together, until none is
// left that has not been drawn.
func (r Recorded) search(brackets []Bracket, seed uint64) Search[int] {
	random := rand.New(rand.NewPCG(seed, 0))
	s := Search[int]{Brackets: brackets, Configurations: []int{}}
	var left []int
	for _, b := range brackets {
		var bracket []int
		for len(bracket) < b.Rungs[0].Trials {
			if len(left) == 0 {
				left = random.Perm(len(r.Curves))
			}
			next := slices.IndexFunc(left, func(i int) bool { return !slices.Contains(bracket, i) })
			if next < 0 { // the bracket has more trials than there are configurations
				next = 0
			}
			bracket, left = append(bracket, left[next]), slices.Delete(left, next, next+1)
		}
		s.Configurations = append(s.Configurations, bracket...)
	}
	return s
}

// Strategies compares strategies by replays, in which the seeds draw the configurations. A regret is the best final accuracy of all configurations, less that of the
// configuration that was found.
func (r Recorded) Strategies(R, eta, seeds int) ([]Strategy, error) {
	if err := r.check(R); err != nil {
		return nil, err
	}
	best := slices.Max(r.Final)
	return compare(R, eta, seeds, r.search, func(uint64) Worker[int] { return r.train }, func(i int) float64 { return best - r.Final[i] })
}

// TooEarly is what a bracket loses by dropping configurations early: the best final accuracy among all that it began with, less that of the one that it keeps to the end, in
// replays with so many seeds. Of a bracket that drops none it is what the choice by the objective alone loses.
func (r Recorded) TooEarly(b Bracket, seeds int) ([]float64, error) {
	if err := r.check(b.Rungs[len(b.Rungs)-1].Epochs); err != nil {
		return nil, err
	}
	var list []float64
	for seed := range seeds {
		s := r.search([]Bracket{b}, uint64(seed))
		found, err := s.replay(r.train)
		if err != nil {
			return nil, err
		}
		best := 0.0
		for _, i := range s.Configurations {
			best = max(best, r.Final[i])
		}
		kept := slices.DeleteFunc(found.Ranking(), func(t Trial[int]) bool { return t.Status != Finished })
		if len(kept) == 0 {
			return nil, fmt.Errorf("seed %d: no configuration of the bracket can be trained", seed)
		}
		list = append(list, best-r.Final[kept[0].Config])
	}
	return list, nil
}

// RankCorrelation is Spearman's between the objectives after an epoch, the best so far, and the final accuracies, over the configurations that can be trained.
func (r Recorded) RankCorrelation(epoch int) float64 {
	var early, final []float64
	for i, curve := range r.Curves {
		if len(curve) >= epoch {
			early, final = append(early, slices.Max(curve[:epoch])), append(final, r.Final[i])
		}
	}
	return RankCorrelation(early, final)
}

// Bootstrap computes statistics of so many resamples, each with as many configurations, drawn with replacement (B. Efron, "Bootstrap Methods: Another Look at the
// Jackknife", 1979): what they would be had other configurations been recorded. It returns the values of each statistic, sorted.
func (r Recorded) Bootstrap(resamples int, seed uint64, statistics func(Recorded) ([]float64, error)) (values [][]float64, err error) {
	random := rand.New(rand.NewPCG(seed, 1))
	for range resamples {
		var drawn Recorded
		for range r.Curves {
			i := random.IntN(len(r.Curves))
			drawn.Curves, drawn.Final = append(drawn.Curves, r.Curves[i]), append(drawn.Final, r.Final[i])
		}
		list, err := statistics(drawn)
		if err != nil {
			return nil, err
		}
		if values == nil {
			values = make([][]float64, len(list))
		}
		for k, v := range list {
			values[k] = append(values[k], v)
		}
	}
	for _, list := range values {
		slices.Sort(list)
	}
	return values, nil
}
