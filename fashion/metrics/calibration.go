package metrics

import (
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion/run"
)

// Temperature is the T in [0.05, 20] with the least log loss of softmax(log(p)/T), after Guo, Pleiss, Sun and Weinberger,
// "On Calibration of Modern Neural Networks" (2017): above 1 for an overconfident model, below 1 for an underconfident
// one, 1 without images. Probabilities are clipped to Epsilon. Choose it on validation images.
func Temperature(p run.Predictions) float64 {
	z := make([][]float64, len(p.Labels))
	for i := range z {
		z[i] = logits(p.Probabilities[i])
	}
	q := make([]float64, p.NumClasses())
	// The loss is convex in 1/T: T is where its slope changes sign, found by bisection on log T.
	low, high := math.Log(0.05), math.Log(20)
	for range 50 {
		middle := (low + high) / 2
		slope := 0.0
		for i, label := range p.Labels {
			softmax(q, z[i], math.Exp(-middle))
			for class, q := range q {
				slope += q * (z[i][class] - z[i][label])
			}
		}
		switch {
		case slope > 0:
			low = middle
		case slope < 0:
			high = middle
		default:
			return math.Exp(middle)
		}
	}
	return math.Exp((low + high) / 2)
}

// Tempered returns predictions with the probabilities softmax(log(p)/t). The predicted classes stay (but for
// probabilities that become equal in float32), and labels and indices are shared. Probabilities are clipped to Epsilon.
// It panics unless t > 0.
func Tempered(p run.Predictions, t float64) run.Predictions {
	if !(t > 0) {
		panic(fmt.Sprintf("temperature is %v, want one above 0", t))
	}
	tempered := run.Predictions{Indices: p.Indices, Labels: p.Labels, Probabilities: run.NewRows(len(p.Probabilities), p.NumClasses()), Classes: p.Classes}
	for i, row := range p.Probabilities {
		for class, q := range Softmax(logits(row), 1/t) {
			tempered.Probabilities[i][class] = float32(q)
		}
	}
	return tempered
}

// logits are the logarithms of probabilities.
func logits(row []float32) []float64 {
	z := make([]float64, len(row))
	for class, v := range row {
		z[class] = math.Log(max(Epsilon, float64(v)))
	}
	return z
}

// Bin is the images whose confidence, the probability of the predicted class, lies in (Low, High].
type Bin struct {
	Low, High  float64
	Confidence float64  // mean, in (Low, High]; NaN without images
	Accuracy   Interval // NaN in [0, 1] without images
	Count      int      // images
}

// Reliability divides the images by confidence into a number of bins of equal width over (0, 1]. A confidence on an edge, as
// float32, belongs to the bin below. A calibrated model is as accurate in each bin as it is confident. It panics unless
// there is a bin.
func Reliability(p run.Predictions, bins int) []Bin {
	if bins < 1 {
		panic(fmt.Sprintf("reliability in %d bins, want 1 or more", bins))
	}
	list, correct := make([]Bin, bins), make([]int, bins)
	for b := range list {
		list[b].Low, list[b].High = float64(b)/float64(bins), float64(b+1)/float64(bins)
	}
	for i, label := range p.Labels {
		predicted := p.Predicted(i)
		confidence := p.Probabilities[i][predicted]
		b := 0
		for b < bins-1 && confidence > float32(list[b].High) {
			b++
		}
		list[b].Confidence += float64(confidence)
		list[b].Count++
		if predicted == label {
			correct[b]++
		}
	}
	for b := range list {
		list[b].Confidence /= float64(list[b].Count)
		list[b].Accuracy = Wilson(correct[b], list[b].Count)
	}
	return list
}

// ECE is the expected calibration error, see CalibrationError, in a number of bins, usually 15.
func ECE(p run.Predictions, bins int) float64 { return CalibrationError(Reliability(p, bins)) }

// CalibrationError is the expected calibration error, a fraction: the mean over all images of the distance between accuracy and mean
// confidence in their bin, after Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015). It is 0
// without images.
func CalibrationError(bins []Bin) float64 {
	sum, images := 0.0, 0
	for _, b := range bins {
		if b.Count > 0 {
			sum += float64(b.Count) * math.Abs(b.Accuracy.Value-b.Confidence)
			images += b.Count
		}
	}
	return sum / max(1, float64(images))
}

// Softmax returns the probabilities that logits z stand for: exp(scale z) divided by its sum over the classes. scale is one over a temperature, 1 as a rule.
func Softmax(z []float64, scale float64) []float64 {
	probabilities := make([]float64, len(z))
	softmax(probabilities, z, scale)
	return probabilities
}

// softmax is Softmax into p.
func softmax(p, z []float64, scale float64) {
	top, sum := slices.Max(z), 0.0
	for class, v := range z {
		p[class] = math.Exp(scale * (v - top))
		sum += p[class]
	}
	for class := range p {
		p[class] /= sum
	}
}
