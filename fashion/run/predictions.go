package run

import "fashionlab/fashion"

// Predictions are a model's outputs for a list of images.
type Predictions struct {
	Indices       []int32                       // positions of the images in the file of training or of test images
	Labels        []fashion.Label               // true classes
	Probabilities [][fashion.NumClasses]float32 // one row per image, summing to 1
}
