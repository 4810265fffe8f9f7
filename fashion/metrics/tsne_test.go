package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// By hand: two others are picked with 0.8 and 0.2 where the precision is ln(4) divided by the difference of their distances.
func TestTwoNeighboursArePickedAsThePerplexitySays(t *testing.T) {
	want := []float64{0.8, 0, 0.2}
	perplexity := math.Exp(stat.Entropy(want))
	for name, distances := range map[string][]float64{"near": {1, 0, 3}, "so far that exp(-distance) is 0": {5e4, 0, 5e4 + 7}, "so near that precision must be large": {1e-6, 0, 3e-6}} {
		p := make([]float64, 3)
		pickNeighbours(p, distances, 1, perplexity)
		for j := range p {
			if math.Abs(p[j]-want[j]) > 1e-4 {
				t.Errorf("%s: picked with %v, want %v", name, p, want)
				break
			}
		}
	}
}

func TestAffinitiesHaveThePerplexityAndSumToOne(t *testing.T) {
	const n, perplexity = 60, 10.0
	r := rand.New(rand.NewPCG(1, 1))
	x := mat.NewDense(n, 4, nil)
	x.Apply(func(_, _ int, _ float64) float64 { return 3 * r.NormFloat64() }, x)
	x.Set(7, 0, 1e4) // far from all
	for i := range n {
		distances, p := make([]float64, n), make([]float64, n)
		for j := range n {
			var apart mat.VecDense
			apart.SubVec(x.RowView(i), x.RowView(j))
			distances[j] = mat.Dot(&apart, &apart)
		}
		pickNeighbours(p, distances, i, perplexity)
		if got := math.Exp(stat.Entropy(p)); math.Abs(got-perplexity) > 1e-3 || p[i] != 0 {
			t.Errorf("row %d has the perplexity %v, want %v, and picks itself with %v", i, got, perplexity, p[i])
		}
	}
	p := affinities(x, perplexity)
	if sum := mat.Sum(p); math.Abs(sum-1) > 1e-6 {
		t.Errorf("the affinities sum to %v, want 1", sum)
	}
	if !mat.EqualApprox(p, p.T(), 1e-15) {
		t.Error("the affinities are not symmetric")
	}
}
