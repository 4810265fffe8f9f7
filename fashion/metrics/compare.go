package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fashionlab/fashion/run"
)

// PairedTest compares two models, a and b, on the same images.
type PairedTest struct {
	Both, OnlyA, OnlyB, Neither int     // images that both, one or none of the models classify correctly
	P                           float64 // p-value: the probability of at least this difference between OnlyA and OnlyB if both models err equally often
}

// FormatP formats a p-value, as "0.0421" or "< 0.0001".
func FormatP(p float64) string {
	if p < 1e-4 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

// McNemar compares two models on the same images by the exact two-sided test, without a continuity correction, of Q.
// McNemar, "Note on the sampling error of the difference between correlated proportions or percentages" (1947): under the null hypothesis, an
// image that only one of them classifies correctly is as likely to be a's as b's. P is 1 if there are none.
// Predictions for different images are a *ImagesError.
func McNemar(a, b run.Predictions) (PairedTest, error) {
	if err := SameImages(a, b); err != nil {
		return PairedTest{}, err
	}
	var c PairedTest
	for i, label := range a.Labels {
		switch hitA, hitB := a.Predicted(i) == label, b.Predicted(i) == label; {
		case hitA && hitB:
			c.Both++
		case hitA:
			c.OnlyA++
		case hitB:
			c.OnlyB++
		default:
			c.Neither++
		}
	}
	c.P = min(1, 2*binomialTail(min(c.OnlyA, c.OnlyB), c.OnlyA+c.OnlyB))
	return c, nil
}

// Disagreement counts the pairwise disagreement of models: row i, column j is the number of images that model i classifies correctly and model j
// does not. Predictions for different images are a *ImagesError.
func Disagreement(models ...run.Predictions) ([][]int, error) {
	if err := SameImages(models...); err != nil {
		return nil, err
	}
	counts := make([][]int, len(models))
	for i, a := range models {
		counts[i] = make([]int, len(models))
		for j, b := range models {
			for row, label := range a.Labels {
				if a.Predicted(row) == label && b.Predicted(row) != label {
					counts[i][j]++
				}
			}
		}
	}
	return counts, nil
}

// SharedErrors lists the rows that every model misclassifies. Predictions for different images are a *ImagesError.
func SharedErrors(models ...run.Predictions) (rows []int, err error) {
	if err := SameImages(models...); err != nil {
		return nil, err
	}
	if len(models) == 0 {
		return nil, nil
	}
	for row, label := range models[0].Labels {
		if !slices.ContainsFunc(models, func(p run.Predictions) bool { return p.Predicted(row) == label }) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// binomialTail is the probability of at most k heads among n tosses of a fair coin.
func binomialTail(k, n int) float64 {
	logFactorial := func(n int) float64 {
		v, _ := math.Lgamma(float64(n + 1))
		return v
	}
	// From the term of k heads down: that of i-1 heads is the one of i heads times i/(n-i+1).
	term := math.Exp(logFactorial(n) - logFactorial(k) - logFactorial(n-k) - float64(n)*math.Ln2)
	sum := term
	for i := k; i > 0; i-- {
		term *= float64(i) / float64(n-i+1)
		sum += term
	}
	return sum
}

// Gain is the accuracy of b less that of a on the same images, a fraction in [-1, 1], with the 95% percentile interval of
// the bootstrap (B. Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979): each resample, of which 2,000 are usual, draws as many images
// with replacement. The same seed gives the same interval. Predictions for different images are a *ImagesError.
func Gain(a, b run.Predictions, resamples int, seed uint64) (Interval, error) {
	c, err := McNemar(a, b)
	if err != nil {
		return Interval{}, err
	}
	n := len(a.Labels)
	if n == 0 || resamples < 1 {
		return Interval{}, fmt.Errorf("cannot draw %d resamples of %d images, want 1 or more of each", resamples, n)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	gains := make([]float64, resamples)
	for k := range gains {
		net := 0
		for range n { // an image is drawn from a list that begins with those of only a, then those of only b
			switch i := r.IntN(n); {
			case i < c.OnlyA:
				net--
			case i < c.OnlyA+c.OnlyB:
				net++
			}
		}
		gains[k] = float64(net) / float64(n)
	}
	slices.Sort(gains)
	return Interval{float64(c.OnlyB-c.OnlyA) / float64(n), Quantile(gains, 0.025), Quantile(gains, 0.975)}, nil
}

// Quantile interpolates between the two nearest of sorted values: at q = 0.5 it is their median. It panics unless q is in [0, 1] and there are values.
func Quantile(sorted []float64, q float64) float64 {
	whole, part := math.Modf(q * float64(len(sorted)-1))
	below, above := sorted[int(whole)], sorted[min(int(whole)+1, len(sorted)-1)]
	return below + part*(above-below)
}
