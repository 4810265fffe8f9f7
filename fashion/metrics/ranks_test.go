package metrics_test

import (
	"math"
	"testing"

	"fashionlab/fashion/metrics"
)

func TestConformalPValuesCountTheReferenceValuesThatAreNotLarger(t *testing.T) {
	r := metrics.NewRanks([]float64{3, 1, 2, 2})
	for value, want := range map[float64]float64{0.5: 0.2, 1: 0.4, 1.5: 0.4, 2: 0.8, 3: 1, 9: 1} {
		if got := r.P(value); math.Abs(got-want) > 1e-12 {
			t.Errorf("the p-value of %v is %v, want %v", value, got, want)
		}
	}
	if got := metrics.NewRanks(nil).P(1); got != 1 {
		t.Errorf("without reference values it is %v, want 1", got)
	}
}

func TestFisherScoreIsMinusTheLogarithmOfTheProduct(t *testing.T) {
	if got, want := metrics.FisherScore(0.5, 0.1, 1), -math.Log(0.05); math.Abs(got-want) > 1e-12 {
		t.Errorf("the score is %v, want %v", got, want)
	}
}
