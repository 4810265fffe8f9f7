package metrics_test

import (
	"fmt"

	"fashionlab/fashion/metrics"
)

// An accuracy comes with its 95% interval (Wilson).
func ExampleAccuracy() {
	model, _ := outcomes(900, 16, 0, 84) // 1,000 images, 916 of them classified correctly
	fmt.Println(metrics.Accuracy(model))
	// Output: 0.9160 (0.8972 to 0.9316)
}

// Two models are compared on the same images by those that only one of them classifies correctly.
func ExampleMcNemar() {
	a, b := outcomes(900, 10, 24, 66)
	test, err := metrics.McNemar(a, b)
	if err != nil {
		fmt.Println(err)
		return
	}
	gain, err := metrics.Gain(a, b, 2000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("only a: %d, only b: %d, p %s; b less a: %s\n", test.OnlyA, test.OnlyB, metrics.FormatP(test.P), gain.Signed())
	// Output: only a: 10, only b: 24, p 0.0243; b less a: +0.0140 (+0.0030 to +0.0250)
}

// The features of two lists of images are compared by the Fréchet distance.
func ExampleFrechetDistance() {
	real, errReal := metrics.FitNormal([][]float32{{1}, {3}})
	made, errMade := metrics.FitNormal([][]float32{{4}, {6}})
	if errReal != nil || errMade != nil {
		fmt.Println(errReal, errMade)
		return
	}
	distance, err := metrics.FrechetDistance(made, real)
	fmt.Println(distance, err) // equal variances, means that differ by 3
	// Output: 9 <nil>
}

// An image whose k-th neighbour is not similar is out of distribution.
func ExampleCosineIndex_KthSimilarity() {
	index, err := metrics.NewCosineIndex([][]float32{{1, 0}, {4, 3}, {0, 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	similarity, err := index.KthSimilarity([][]float32{{5, 0}, {-1, 0}}, 2)
	fmt.Printf("%.1f %v\n", similarity, err)
	// Output: [0.8 -0.8] <nil>
}
