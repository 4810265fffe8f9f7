package study

// Slide is what a slide of the presentation prints about a model. Its numbers are fractions; 0 is not printed.
type Slide struct {
	Model      string  // name of the model in a recipe
	Title      string  // as on the slide
	Train      float64 // accuracy on the training images
	Validation float64 // accuracy on the validation images
	Test       float64 // accuracy on the 10,000 test images
	Weight     float64 // in the ensemble
	// Parameters are the best ones of the search, as the slide "Best parameters" prints them, in the order of searchSpace.
	Parameters []string
}

// Slides lists the presentation's results, in its order.
func Slides() []Slide {
	return []Slide{
		{Model: "cnn", Title: "CNN", Test: 0.9016, Weight: 0.45,
			Parameters: []string{"nadam", "0.001", "0.9", "0.99", "0", "0.1"}},
		{Model: "resnet50", Title: "ResNet50", Train: 0.9622, Validation: 0.9104, Test: 0.9006, Weight: 0.45,
			Parameters: []string{"nadam", "0.01", "0.9", "0.9999", "1e-05", "0.1"}},
		{Model: "convnext", Title: "ConvNeXt", Train: 0.7459, Validation: 0.7425, Test: 0.7423, Weight: 0.10,
			Parameters: []string{"nadam", "0.001", "94_step_0_9", "143", "0.0001", "0.1"}},
		{Model: "ensemble", Title: "Ensemble", Test: 0.911},
	}
}

// SlideOf is what the slides print about a model; nothing if they do not.
func SlideOf(model string) Slide {
	for _, s := range Slides() {
		if s.Model == model {
			return s
		}
	}
	return Slide{}
}
