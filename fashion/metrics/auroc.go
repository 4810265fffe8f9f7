package metrics

import "slices"

// AUROC is the probability that a score of the first list is above one of the second, ties counting half: the area under the curve of true against false
// positives over all thresholds (Hanley and McNeil, "The Meaning and Use of the Area under a Receiver Operating Characteristic Curve", 1982). It is 0.5
// for scores that separate nothing and 1 for scores that separate the lists completely. NaN if one is empty.
func AUROC(above, below []float64) float64 {
	sorted := slices.Sorted(slices.Values(below))
	sum := 0.0
	for _, v := range above {
		less, _ := slices.BinarySearch(sorted, v)
		upTo, _ := slices.BinarySearchFunc(sorted, v, func(e, v float64) int {
			if e <= v {
				return -1
			}
			return 1
		})
		sum += float64(less+upTo) / 2
	}
	return sum / (float64(len(above)) * float64(len(below)))
}
