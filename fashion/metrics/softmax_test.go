package metrics_test

import (
	"math"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
)

// By hand: logits ln(1), ln(2), ..., ln(10) stand for probabilities of 1/55 to 10/55; twice the scale squares them. What is added to all changes nothing.
func TestSoftmaxOfLogarithmsIsTheirShare(t *testing.T) {
	for _, offset := range []float64{0, 1e6, -1e6} {
		var z [fashion.NumClasses]float64
		for i := range z {
			z[i] = math.Log(float64(i+1)) + offset
		}
		once, twice := metrics.Softmax(z[:], 1), metrics.Softmax(z[:], 2)
		for i := range z {
			n := float64(i + 1)
			if math.Abs(once[i]-n/55) > 1e-9 || math.Abs(twice[i]-n*n/385) > 1e-9 {
				t.Errorf("offset %g: class %d has %v and %v, want %v and %v", offset, i, once[i], twice[i], n/55, n*n/385)
			}
		}
	}
}
