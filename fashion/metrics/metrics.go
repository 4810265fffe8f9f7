// Package metrics measures models by their saved outputs. Of predictions: accuracy with its interval, confusion matrix, scores by class, errors,
// calibration, the paired comparison of two models, suspect labels. Of features, any vectors that a network gives for images: the distance between two
// distributions (Fréchet, KID), nearest neighbours by cosine similarity, projections to the plane (PCA, t-SNE). It loads no model and no backend.
package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// z is the normal distribution's 97.5% point.
const z = 1.959963984540054

// Interval is an estimate with its 95% confidence interval; of a fraction all are in [0, 1], of a difference of two in [-1, 1].
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// String returns the estimate and its interval, as "0.9241 (0.9188 to 0.9291)".
func (i Interval) String() string { return i.Text("%.4f") }

// Signed returns a difference and its interval, as "+0.0030 (-0.0004 to +0.0063)".
func (i Interval) Signed() string { return i.Text("%+.4f") }

// Text is String with each number written by a verb of fmt, such as "%.2f".
func (i Interval) Text(verb string) string {
	if math.IsNaN(i.Low) {
		return fmt.Sprintf(verb+" (no interval)", i.Value)
	}
	return fmt.Sprintf(verb+" ("+verb+" to "+verb+")", i.Value, i.Low, i.High)
}

// Wilson is the score interval of E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
// Inference" (1927), for a number of hits in n trials. Without trials it is [0, 1] around NaN.
func Wilson(hits, n int) Interval {
	if n == 0 {
		return Interval{math.NaN(), 0, 1}
	}
	p, m := float64(hits)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{p, max(0, centre-half), min(1, centre+half)}
}

// Accuracy is the fraction of images whose most probable class is the true one.
func Accuracy(p run.Predictions) Interval { return Wilson(p.Correct(), len(p.Labels)) }

// Epsilon is what probabilities are clipped to from below before their logarithm is taken, which is then finite.
const Epsilon = 1e-15

// LogLoss is the mean of -log(probability of the true class), in nats, of probabilities clipped to Epsilon.
func LogLoss(p run.Predictions) float64 {
	sum := 0.0
	for i, label := range p.Labels {
		sum -= math.Log(max(Epsilon, float64(p.Probabilities[i][label])))
	}
	return sum / float64(len(p.Labels))
}

// Error is a misclassified image.
type Error struct {
	Row             int   // in the predictions
	Index           int32 // of the image in its file
	True, Predicted fashion.Label
	TrueProbability float32 // of the true class
	Confidence      float32 // probability of the predicted class
}

// Errors lists the misclassified images, those with the least probability for the true class first.
func Errors(p run.Predictions) []Error {
	var list []Error
	for i, label := range p.Labels {
		if got := p.Predicted(i); got != label {
			list = append(list, Error{i, p.Indices[i], label, got, p.Probabilities[i][label], p.Probabilities[i][got]})
		}
	}
	slices.SortStableFunc(list, func(a, b Error) int { return cmp.Compare(a.TrueProbability, b.TrueProbability) })
	return list
}

// Mean is the mean of measurements with its 95% interval by Student's t distribution. The interval of a single measurement is NaN.
func Mean(values []float64) Interval {
	n := float64(len(values))
	mean, squares := 0.0, 0.0
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	if n < 2 {
		return Interval{mean, math.NaN(), math.NaN()}
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt(squares/(n-1)/n)
	return Interval{mean, mean - half, mean + half}
}

// Percentile is the sorted value before which percent in 100 of the values come, their number rounded down: at 5, the threshold for the lowest twentieth.
// It panics unless percent is in [0, 100) and there are values.
func Percentile(values []float64, percent int) float64 {
	return slices.Sorted(slices.Values(values))[len(values)*percent/100]
}
