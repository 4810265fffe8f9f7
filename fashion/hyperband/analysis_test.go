package hyperband_test

import (
	"math"
	"testing"

	"fashionlab/fashion/hyperband"
)

// By hand: ranks 1 2 3 4 and 2 1 4 3 have the correlation 1 - 6*4/(4*15) = 0.6.
func TestRankCorrelationIsSpearmans(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{20, 10, 40, 30}, 0.6},
		{[]float64{1, 2, 3}, []float64{1, 8, 27}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 1, 2}, []float64{5, 5, 6}, 1},
		{[]float64{1, 2, 2, 3}, []float64{1, 3, 2, 4}, 0.9486832980505138}, // scipy.stats.spearmanr
	} {
		if got := hyperband.RankCorrelation(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("of %v and %v it is %v, want %v", c.a, c.b, got, c.want)
		}
	}
	if got := hyperband.RankCorrelation([]float64{1, 1}, []float64{1, 2}); !math.IsNaN(got) {
		t.Errorf("without any order it is %v, want NaN", got)
	}
}

func TestRankCorrelationEndsForNaN(t *testing.T) {
	nan := math.NaN()
	if got := hyperband.RankCorrelation([]float64{nan, 1, nan, 2}, []float64{1, 3, 2, 4}); math.Abs(got-1) > 1e-12 {
		t.Errorf("it is %v, want 1: NaN is below all numbers", got)
	}
}

func TestImportanceIsLargeForTheParameterThatDecidesAndBelowTheCriticalValueForOthers(t *testing.T) {
	s := search(t)
	s.Brackets = hyperband.RandomSearch(300, 1)
	decides := func(p point, epochs int) ([]float64, error) { return []float64{p[1] + 0.1*p[2]}, nil }
	list := run(t, s, decides).Importances(1)
	for i, want := range []bool{false, true, false, false} {
		if got := list[i].Explained > 0.5; got != want {
			t.Errorf("parameter %s has the importance %+v", list[i].Name, list[i])
		}
	}
	if list[0].Explained > list[0].Critical || list[3].Explained > list[3].Critical {
		t.Errorf("parameters that do nothing have the importances %+v and %+v", list[0], list[3])
	}
}

// Where the first epochs predict the last, Hyperband must beat random search: that is its purpose.
func TestHyperbandBeatsRandomSearchWhereTheFirstEpochsPredictTheLast(t *testing.T) {
	list, err := hyperband.Synthetic{Noise: 0.01}.Strategies(81, 3, 40)
	if err != nil {
		t.Fatal(err)
	}
	mean := map[string]float64{}
	for _, s := range list {
		for _, r := range s.Regrets {
			mean[s.Name] += r / float64(len(s.Regrets))
		}
		if s.Epochs > list[2].Epochs {
			t.Errorf("%s spent %.0f epochs, Hyperband %.0f", s.Name, s.Epochs, list[2].Epochs)
		}
	}
	if mean["Hyperband"] >= mean["random search"] {
		t.Errorf("mean regrets: %v", mean)
	}
}
