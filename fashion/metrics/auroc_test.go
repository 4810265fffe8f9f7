package metrics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/metrics"
)

func TestAUROCCountsPairsInTheRightOrder(t *testing.T) {
	for _, c := range []struct {
		above, below []float64
		want         float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1}, {[]float64{0, 1}, []float64{2, 3}, 0}, {[]float64{1, 1}, []float64{1}, 0.5},
		{[]float64{0.9, 0.4}, []float64{0.5, 0.1}, 0.75},
	} {
		if got := metrics.AUROC(c.above, c.below); got != c.want {
			t.Errorf("AUROC(%v, %v) is %v, want %v", c.above, c.below, got, c.want)
		}
	}
	if got := metrics.AUROC(nil, []float64{1}); !math.IsNaN(got) {
		t.Errorf("without scores it is %v, want NaN", got)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var a, b []float64
	for range 200 {
		a, b = append(a, float64(r.IntN(20))), append(b, float64(r.IntN(15)))
	}
	slow := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				slow++
			case x == y:
				slow += 0.5
			}
		}
	}
	if got := metrics.AUROC(a, b); math.Abs(got-slow/40_000) > 1e-12 {
		t.Errorf("AUROC is %v, counted pair by pair %v", got, slow/40_000)
	}
}
