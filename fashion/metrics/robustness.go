package metrics

import (
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion/run"
)

// CorruptionError is the error of a network on corrupted images relative to a baseline's (Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
// Corruptions and Perturbations", 2019): for each corruption the sum of its errors at all strengths divided by the baseline's sum. 1 is as good as the baseline, less is better.
type CorruptionError struct {
	Each []Interval // in the corruptions' order
	Mean Interval   // mean corruption error (mCE), over the corruptions
}

// CorruptionErrors compares a network with a baseline on the same corrupted images. The 95% intervals are over images, paired: those of a ratio of two means, linearized (the delta method), by the
// normal distribution. They do not hold the variance over seeds.
func CorruptionErrors(network, baseline run.Robustness) (CorruptionError, error) {
	if err := sameCorruptions(network, baseline); err != nil {
		return CorruptionError{}, err
	}
	n := network.Images
	means := make([]float64, n) // deviation of the mean error that each image causes, times n
	var e CorruptionError
	for i, c := range network.Corruptions {
		of, over := errorsByImage(c, n), errorsByImage(baseline.Corruptions[i], n)
		total := sum(over)
		ratio := sum(of) / total // NaN or infinite for a baseline without errors
		deviations := make([]float64, n)
		for k := range deviations {
			deviations[k] = (of[k] - ratio*over[k]) / total * float64(n)
			means[k] += deviations[k] / float64(len(network.Corruptions))
		}
		e.Each = append(e.Each, around(ratio, deviations))
		e.Mean.Value += ratio / float64(len(network.Corruptions))
	}
	e.Mean = around(e.Mean.Value, means)
	return e, nil
}

// around is the interval of an estimate that is a mean of values with these deviations, whose mean is 0.
func around(estimate float64, deviations []float64) Interval {
	squares := 0.0
	for _, d := range deviations {
		squares += d * d
	}
	half := z * math.Sqrt(squares) / float64(len(deviations))
	return Interval{estimate, estimate - half, estimate + half}
}

// errorsByImage counts for each image at how many strengths it is misclassified.
func errorsByImage(c run.Corrupted, n int) []float64 {
	errors := make([]float64, n)
	for _, correct := range c.Correct {
		for i := range errors {
			if !correct.At(i) {
				errors[i]++
			}
		}
	}
	return errors
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// sameCorruptions reports the first difference between what two networks were measured on.
func sameCorruptions(a, b run.Robustness) error {
	if a.Images != b.Images || a.Seed != b.Seed || len(a.Corruptions) != len(b.Corruptions) {
		return fmt.Errorf("robustness on %d images with seed %d and %d corruptions is compared with that on %d images with seed %d and %d corruptions, want the same",
			a.Images, a.Seed, len(a.Corruptions), b.Images, b.Seed, len(b.Corruptions))
	}
	for i, c := range a.Corruptions {
		if d := b.Corruptions[i]; c.Name != d.Name || !slices.Equal(c.Strengths, d.Strengths) {
			return fmt.Errorf("robustness to %s of %v is compared with that to %s of %v, want the same", c.Name, c.Strengths, d.Name, d.Strengths)
		}
	}
	return nil
}

// CorruptedAccuracy is the accuracy at each strength of a corruption, after that without corruption.
func CorruptedAccuracy(r run.Robustness, corruption int) []Interval {
	list := []Interval{Wilson(r.Clean.Correct(r.Images), r.Images)}
	for _, correct := range r.Corruptions[corruption].Correct {
		list = append(list, Wilson(correct.Correct(r.Images), r.Images))
	}
	return list
}
