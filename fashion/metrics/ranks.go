package metrics

import (
	"math"
	"slices"
	"sort"
)

// Ranks are reference values in ascending order, against which another value is tested.
type Ranks []float64

// NewRanks sorts a copy of the reference values.
func NewRanks(values []float64) Ranks { return slices.Sorted(slices.Values(values)) }

// P is the conformal p-value of a value that is suspicious if it is small: the fraction of the reference values that are not larger, itself counted among them (Bates,
// Candès, Lei, Romano and Sesia, "Testing for Outliers with Conformal p-values", 2023). It is at least 1/(n+1), and at most 1.
func (r Ranks) P(value float64) float64 {
	larger := sort.Search(len(r), func(i int) bool { return r[i] > value })
	return float64(larger+1) / float64(len(r)+1)
}

// FisherScore combines p-values by Fisher's method ("Statistical Methods for Research Workers", 1925): minus the sum of their logarithms, which is the larger the more
// they speak against. P-values that depend on one another, such as several of one image, have no chi-squared distribution: compare the score with those of reference images.
func FisherScore(ps ...float64) (score float64) {
	for _, p := range ps {
		score -= math.Log(p)
	}
	return score
}
