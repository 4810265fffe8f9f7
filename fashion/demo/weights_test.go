package demo

import (
	"math"
	"slices"
	"testing"
)

func TestNetworkForPhotosHasAtLeastHalfOfTheVotes(t *testing.T) {
	for _, c := range []struct {
		member        int
		weights, want []float64
	}{
		{1, []float64{0.5, 0.25, 0.25}, []float64{1. / 3, 0.5, 1. / 6}},
		{0, []float64{0.7, 0.3}, []float64{0.7, 0.3}},
		{0, []float64{1}, []float64{1}},
		{-1, []float64{0.5, 0.5}, []float64{0.5, 0.5}},
	} {
		got := slices.Clone(c.weights)
		favour(c.member, got)
		for i, w := range got {
			if math.Abs(w-c.want[i]) > 1e-12 {
				t.Errorf("member %d is favoured among %v: %v, want %v", c.member, c.weights, got, c.want)
			}
		}
	}
}
