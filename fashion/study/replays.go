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
	found, err := measure(r, brackets, R, eta)
	if err != nil {
		return Replays{}, err
	}
	resampled, err := r.Bootstrap(replayResamples, 1, func(r hyperband.Recorded) (values []float64, err error) {
		again, err := measure(r, brackets, R, eta)
		for _, v := range again.all() {
			values = append(values, v.Value)
		}
		return values, err
	})
	if err != nil {
		return Replays{}, err
	}
	const tail = replayResamples / 40
	for k, v := range found.all() {
		v.Low, v.High = resampled[k][tail-1], resampled[k][replayResamples-tail]
	}
	return found, nil
}

// measure is Replays without intervals.
func measure(r hyperband.Recorded, brackets []hyperband.Bracket, R, eta int) (Replays, error) {
	found := Replays{Configurations: len(r.Curves), Searches: replaySearches}
	strategies, err := r.Strategies(R, eta, replaySearches)
	if err != nil {
		return found, err
	}
	for i, s := range strategies {
		name, regret := fmt.Sprintf("%s with %.0f epochs", s.Name, s.Epochs), metrics.Mean(s.Regrets).Value
		found.Strategies = append(found.Strategies, pointEstimate(name, regret))
		if i > 0 {
			found.Saved = append(found.Saved, pointEstimate(name, found.Strategies[0].Value-regret))
		}
	}
	rungs := brackets[0].Rungs
	for _, rung := range rungs[:len(rungs)-1] {
		found.Correlations = append(found.Correlations, pointEstimate(fmt.Sprintf("epoch %d", rung.Epochs), r.RankCorrelation(rung.Epochs)))
	}
	for _, b := range brackets {
		lost, err := r.TooEarly(b, replaySearches)
		if err != nil {
			return found, err
		}
		dropped := fmt.Sprintf("first dropped after epoch %d", b.Rungs[0].Epochs)
		if b.S == 0 {
			dropped = "none dropped"
		}
		found.TooEarly = append(found.TooEarly, pointEstimate(fmt.Sprintf("%d trials, %s", b.Rungs[0].Trials, dropped), metrics.Mean(lost).Value))
	}
	return found, nil
}

// pointEstimate is a measurement without an interval.
func pointEstimate(name string, value float64) Named {
	return Named{name, metrics.Interval{Value: value}}
}

// all are the measurements, always in the same order.
func (r *Replays) all() (list []*Named) {
	for _, part := range [][]Named{r.Strategies, r.Saved, r.Correlations, r.TooEarly} {
		for i := range part {
			list = append(list, &part[i])
		}
	}
	return list
}
