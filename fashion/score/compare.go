package score

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fashionlab/fashion/run"
)

// Pairing counts the images that two models recognize.
type Pairing struct {
	Both, OnlyA, OnlyB, Neither int
	P                           float64 // probability, if both models err equally often, of at least this difference between OnlyA and OnlyB
}

// Chance is a probability in words that stay short, such as "0.0421" or "< 0.0001".
func Chance(p float64) string {
	if p < 1e-4 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

// McNemar compares two models on the same images by the exact two-sided test, without a continuity correction, of Q.
// McNemar, "Note on the sampling error of the difference between correlated proportions or percentages" (1947): among
// the images that only one of them recognizes, either is that one with probability 1/2. P is 1 where there are none.
// Models that were split differently are a *MemberError: a is member 0, b is member 1.
func McNemar(a, b run.Predictions) (Pairing, error) {
	if err := sameImages(a, b); err != nil {
		return Pairing{}, err
	}
	var c Pairing
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

// Saves counts the pairwise disagreement: row i, column j is how many images member i recognizes and member j does not. Members that were split differently
// are a *MemberError.
func Saves(members ...run.Predictions) ([][]int, error) {
	if err := sameImages(members...); err != nil {
		return nil, err
	}
	counts := make([][]int, len(members))
	for i, a := range members {
		counts[i] = make([]int, len(members))
		for j, b := range members {
			for row, label := range a.Labels {
				if a.Predicted(row) == label && b.Predicted(row) != label {
					counts[i][j]++
				}
			}
		}
	}
	return counts, nil
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
// the bootstrap of B. Efron, "Bootstrap Methods: Another Look at the Jackknife" (1979): as many images are drawn with
// replacement, so many times (2,000 are usual). The same seed gives the same interval. Models that were split
// differently are a *MemberError: a is member 0, b is member 1.
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
	return Interval{float64(c.OnlyB-c.OnlyA) / float64(n), quantile(gains, 0.025), quantile(gains, 0.975)}, nil
}

// quantile interpolates between the two nearest of sorted values.
func quantile(sorted []float64, q float64) float64 {
	whole, part := math.Modf(q * float64(len(sorted)-1))
	below, above := sorted[int(whole)], sorted[min(int(whole)+1, len(sorted)-1)]
	return below + part*(above-below)
}

// Without returns the predictions without the images of those indices in their file. An index that is not there changes
// nothing.
func Without(p run.Predictions, indices []int32) run.Predictions {
	left := map[int32]bool{}
	for _, index := range indices {
		left[index] = true
	}
	var rows []int
	for i, index := range p.Indices {
		if !left[index] {
			rows = append(rows, i)
		}
	}
	return pick(p, rows)
}

// pick copies the given rows, in their order.
func pick(p run.Predictions, rows []int) run.Predictions {
	var q run.Predictions
	for _, i := range rows {
		q.Indices, q.Labels, q.Probabilities = append(q.Indices, p.Indices[i]), append(q.Labels, p.Labels[i]), append(q.Probabilities, p.Probabilities[i])
	}
	return q
}
