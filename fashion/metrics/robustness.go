package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"fashionlab/fashion/run"
)

// CorruptionError is the error of a network on corrupted images relative to a baseline's (Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common
// Corruptions and Perturbations", 2019): for each corruption the sum of its errors at all strengths divided by the baseline's sum. 1 is as good as the baseline, less is better.
type CorruptionError struct {
	Each []Interval // in the corruptions' order
	Mean Interval   // mean corruption error (mCE), over the corruptions
}

// CorruptionErrors compares networks with baselines on the same corrupted images: the network and the baseline of the same seed stand at the same place. The ratios are of the errors of all seeds
// together. The 95% intervals are those of a ratio of two means, linearized (the delta method), and paired: over images by the normal distribution if there is one seed, over seeds and images if there
// are more (see SeedsAndImages).
func CorruptionErrors(networks, baselines []run.Robustness) (CorruptionError, error) {
	if len(networks) == 0 || len(networks) != len(baselines) {
		return CorruptionError{}, fmt.Errorf("robustness of %d networks is compared with that of %d baselines, want as many, and 1 or more", len(networks), len(baselines))
	}
	for _, r := range slices.Concat(networks, baselines) {
		if err := sameCorruptions(r, networks[0]); err != nil {
			return CorruptionError{}, err
		}
	}
	first := networks[0]
	var e CorruptionError
	means := deviations(first.Images, len(networks)) // of the mean error
	for i := range first.Corruptions {
		var of, over [][]float64
		errors, baseline := 0.0, 0.0
		for s, r := range networks {
			of, over = append(of, errorsByImage(r.Corruptions[i], first.Images)), append(over, errorsByImage(baselines[s].Corruptions[i], first.Images))
			errors, baseline = errors+floats.Sum(of[s]), baseline+floats.Sum(over[s])
		}
		ratio := errors / baseline // NaN or infinite for baselines without errors
		each := deviations(first.Images, len(networks))
		for s := range each {
			for k := range each[s] {
				each[s][k] = (of[s][k] - ratio*over[s][k]) / baseline * float64(len(networks)*first.Images)
				means[s][k] += each[s][k] / float64(len(first.Corruptions))
			}
		}
		e.Each = append(e.Each, around(ratio, each))
		e.Mean.Value += ratio / float64(len(first.Corruptions))
	}
	e.Mean = around(e.Mean.Value, means)
	return e, nil
}

// deviations is a zero for each image of each seed.
func deviations(images, seeds int) [][]float64 {
	list := make([][]float64, seeds)
	for s := range list {
		list[s] = make([]float64, images)
	}
	return list
}

// around is the 95% interval of an estimate by what each image of each seed changes in it: these deviations have the mean 0.
func around(estimate float64, deviations [][]float64) Interval {
	if len(deviations) > 1 {
		if e, err := SeedsAndImages(deviations); err == nil {
			return Interval{estimate, estimate + e.Low, estimate + e.High}
		}
	}
	squares := 0.0
	for _, d := range deviations[0] {
		squares += d * d
	}
	half := z * math.Sqrt(squares) / float64(len(deviations[0]))
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

// CorruptedAccuracy is the accuracy at each strength of a corruption, after that without corruption: the mean over networks of several seeds, which were measured on the same images. The 95% intervals are over
// images if there is one seed (Wilson), over seeds and images if there are more (see SeedsAndImages).
func CorruptedAccuracy(seeds []run.Robustness, corruption int) (list []Interval) {
	for strength := range len(seeds[0].Corruptions[corruption].Strengths) + 1 {
		var correct []run.Bits
		for _, r := range seeds {
			correct = append(correct, slices.Concat([]run.Bits{r.Clean}, r.Corruptions[corruption].Correct)[strength])
		}
		list = append(list, accuracyOf(correct, seeds[0].Images))
	}
	return list
}

// accuracyOf is the accuracy of networks of several seeds on n images. Its interval is cut to [0, 1].
func accuracyOf(seeds []run.Bits, n int) Interval {
	if len(seeds) > 1 {
		correct := deviations(n, len(seeds))
		for s, bits := range seeds {
			for i := range n {
				if bits.At(i) {
					correct[s][i] = 1
				}
			}
		}
		if e, err := SeedsAndImages(correct); err == nil {
			return Interval{e.Value, max(0, e.Low), min(1, e.High)}
		}
	}
	return Wilson(seeds[0].Correct(n), n)
}
