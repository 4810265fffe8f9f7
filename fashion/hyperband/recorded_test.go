package hyperband_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/metrics"
)

// recorded are simulated learning curves of n configurations.
func recorded(t *testing.T, p hyperband.Synthetic, n, epochs int) (r hyperband.Recorded) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 3))
	for range n {
		var config point
		for i := range config {
			config[i] = random.Float64()
		}
		curve, err := p.Train(config, epochs)
		if err != nil {
			t.Fatal(err)
		}
		r.Curves, r.Final = append(r.Curves, curve), append(r.Final, curve[epochs-1])
	}
	return r
}

func regrets(t *testing.T, r hyperband.Recorded, seeds int) map[string]float64 {
	t.Helper()
	list, err := r.Strategies(27, 3, seeds)
	if err != nil {
		t.Fatal(err)
	}
	mean := map[string]float64{}
	for _, s := range list {
		mean[s.Name] = metrics.Mean(s.Regrets).Value
		if len(s.Regrets) != seeds || slices.Min(s.Regrets) < 0 {
			t.Errorf("%s has the regrets %v, want %d of 0 or more", s.Name, s.Regrets, seeds)
		}
	}
	return mean
}

func TestReplaysOfRecordedCurvesShowWhichStrategyTheySuit(t *testing.T) {
	fast := regrets(t, recorded(t, hyperband.Synthetic{Noise: 0.001}, 100, 27), 100)
	if fast["successive halving"] >= fast["random search"] || fast["Hyperband"] >= fast["random search"] {
		t.Errorf("where all learn equally fast, the mean regrets are %v, want random search last", fast)
	}
	slow := regrets(t, recorded(t, hyperband.Synthetic{Noise: 0.001, SlowStarters: true}, 100, 27), 100)
	if slow["successive halving"] <= slow["Hyperband"] {
		t.Errorf("where good configurations start slowly, the mean regrets are %v, want successive halving after Hyperband", slow)
	}
}

func TestEarlyDroppingCostsWhatTheBestDroppedConfigurationHasMore(t *testing.T) {
	table := hyperband.Recorded{Curves: [][]float64{{0.5, 0.6, 0.7}, {0.4, 0.5, 0.9}, {0.3, 0.3, 0.3}, nil}, Final: []float64{0.7, 0.9, 0.3, 0}}
	for name, c := range map[string]struct {
		bracket hyperband.Bracket
		want    float64
	}{
		"halved after an epoch": {hyperband.Bracket{S: 1, Rungs: []hyperband.Rung{{Trials: 4, Epochs: 1}, {Trials: 1, Epochs: 3}}}, 0.2},
		"halved too late":       {hyperband.Bracket{S: 1, Rungs: []hyperband.Rung{{Trials: 4, Epochs: 1}, {Trials: 2, Epochs: 3}}}, 0},
		"never":                 {hyperband.Bracket{Rungs: []hyperband.Rung{{Trials: 4, Epochs: 3}}}, 0},
	} {
		lost, err := table.TooEarly(c.bracket, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lost {
			if math.Abs(l-c.want) > 1e-12 {
				t.Errorf("%s: it loses %v, want %v", name, lost, c.want)
			}
		}
	}
}

func TestRankCorrelationOfRecordedCurvesLeavesOutWhatCannotBeTrained(t *testing.T) {
	table := hyperband.Recorded{Curves: [][]float64{{0.5, 0.1}, nil, {0.4, 0.9}, {0.3, 0.8}}, Final: []float64{0.1, 0.99, 0.9, 0.8}}
	if early, late := table.RankCorrelation(1), table.RankCorrelation(2); early != -0.5 || late != 1 {
		t.Errorf("the rank correlations are %v after an epoch and %v after two, want -0.5 and 1", early, late)
	}
}

func TestBootstrapResamplesConfigurations(t *testing.T) {
	table := recorded(t, hyperband.Synthetic{Noise: 0.01}, 60, 3)
	values, err := table.Bootstrap(400, 1, func(r hyperband.Recorded) ([]float64, error) { return []float64{metrics.Mean(r.Final).Value}, nil })
	if err != nil {
		t.Fatal(err)
	}
	list := values[0]
	// Of a mean, the bootstrap's interval is close to Student's.
	want := metrics.Mean(table.Final)
	if low, high := list[10], list[390]; math.Abs(low-want.Low) > 0.01 || math.Abs(high-want.High) > 0.01 || !slices.IsSorted(list) {
		t.Errorf("the interval is %v to %v, want about %v", low, high, want)
	}
}

func TestReplayRefusesCurvesThatEndEarly(t *testing.T) {
	if _, err := recorded(t, hyperband.Synthetic{}, 3, 9).Strategies(27, 3, 1); err == nil {
		t.Error("curves of 9 epochs were taken for trainings of 27")
	}
	if _, err := (hyperband.Recorded{}).Strategies(27, 3, 1); err == nil {
		t.Error("no curves were taken")
	}
}
