package study

import (
	"fmt"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/metrics"
)

// Replays is what recorded learning curves say about the slides' search, each with a 95% interval by the bootstrap over the configurations: had others been recorded, the
// values would lie there. Differences of accuracies are fractions. A strategy's name says how many epochs one of its searches took in the mean: about the budget, or less
// where configurations are drawn again, which are trained once.
type Replays struct {
	Configurations, Searches int
	Strategies               []Named // mean regret of each strategy
	Saved                    []Named // regret of random search less that of the strategy, in the same resamples
	Correlations             []Named // Spearman's, between the objective after an epoch and the final accuracy
	TooEarly                 []Named // what a bracket loses by its early choices, see hyperband.Recorded.TooEarly
}

// Named is a measurement with its name.
type Named struct {
	Name string
	metrics.Interval
}

const (
	replayResamples = 200
	replaySearches  = 20 // of each strategy, in each resample
)

// Replay computes Replays for searches of at most R epochs that keep one of eta.
func Replay(r hyperband.Recorded, R, eta int) (Replays, error) {
	brackets, err := hyperband.Brackets(R, eta, hyperband.Algorithm1)
	if err != nil {
		return Replays{}, err
	}
	strategies, err := r.Strategies(R, eta, replaySearches)
	if err != nil {
		return Replays{}, err
	}
	found := Replays{Configurations: len(r.Curves), Searches: replaySearches}
	var lists []*[]Named
	name := func(list *[]Named, name string) { // of the next value of the statistics
		*list = append(*list, Named{Name: name})
		lists = append(lists, list)
	}
	withEpochs := func(s hyperband.Strategy) string { return fmt.Sprintf("%s with %.0f epochs", s.Name, s.Epochs) }
	for _, s := range strategies {
		name(&found.Strategies, withEpochs(s))
	}
	for _, s := range strategies[1:] {
		name(&found.Saved, withEpochs(s))
	}
	rungs := brackets[0].Rungs[:len(brackets[0].Rungs)-1]
	for _, rung := range rungs {
		name(&found.Correlations, fmt.Sprintf("epoch %d", rung.Epochs))
	}
	for _, b := range brackets {
		dropped := fmt.Sprintf("first dropped after epoch %d", b.Rungs[0].Epochs)
		if b.S == 0 {
			dropped = "none dropped"
		}
		name(&found.TooEarly, fmt.Sprintf("%d trials, %s", b.Rungs[0].Trials, dropped))
	}
	statistics := func(r hyperband.Recorded) (values []float64, err error) {
		strategies, err := r.Strategies(R, eta, replaySearches)
		if err != nil {
			return nil, err
		}
		for _, s := range strategies {
			values = append(values, metrics.Mean(s.Regrets).Value)
		}
		for i := range strategies[1:] {
			values = append(values, values[0]-values[i+1])
		}
		for _, rung := range rungs {
			values = append(values, r.RankCorrelation(rung.Epochs))
		}
		for _, b := range brackets {
			lost, err := r.TooEarly(b, replaySearches)
			if err != nil {
				return nil, err
			}
			values = append(values, metrics.Mean(lost).Value)
		}
		return values, nil
	}
	values, err := statistics(r)
	if err != nil {
		return Replays{}, err
	}
	resampled, err := r.Bootstrap(replayResamples, 1, statistics)
	if err != nil {
		return Replays{}, err
	}
	next := map[*[]Named]int{}
	for k, list := range lists {
		const tail = replayResamples / 40
		(*list)[next[list]].Interval = metrics.Interval{Value: values[k], Low: resampled[k][tail-1], High: resampled[k][replayResamples-tail]}
		next[list]++
	}
	return found, nil
}
