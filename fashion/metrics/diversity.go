package metrics

import (
	"math"

	"fashionlab/fashion"
)

// IntraClassDiversity is the mean Euclidean distance between two images of a class, in grey levels of 0 to 255 a pixel; 0 for fewer than two images. A generator
// with mode collapse has a lower one than real images.
func IntraClassDiversity(images []fashion.Image) float64 {
	if len(images) < 2 {
		return 0
	}
	sum, pairs := 0.0, 0
	for i := range images {
		for j := range i {
			squares := 0
			for p, v := range images[i] {
				d := int(v) - int(images[j][p])
				squares += d * d
			}
			sum, pairs = sum+math.Sqrt(float64(squares)), pairs+1
		}
	}
	return sum / float64(pairs)
}
