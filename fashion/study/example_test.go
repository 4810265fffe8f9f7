package study_test

import (
	"fmt"

	"fashionlab/fashion/study"
)

// A recipe has a name, under which the commands know it, and a size for each profile.
func ExampleByName() {
	for _, p := range study.Profiles() {
		r, err := study.ByName("cnn-augmented", p)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %s, %d images, %d epochs, %s\n", p.Run("cnn-augmented"), r.Model.Name, r.Data.Images(), r.Epochs, r.Schedule.Name)
	}
	// Output:
	// smoke/cnn-augmented: cnn, 4000 images, 2 epochs, cosine
	// quick/cnn-augmented: cnn, 60000 images, 4 epochs, cosine
	// full/cnn-augmented: cnn, 60000 images, 40 epochs, cosine
}

// The candidates of an ensemble name the runs that may be its members, and the command that makes one.
func ExampleSlideEnsemble() {
	for _, c := range study.SlideEnsemble(study.Quick) {
		fmt.Println(c.Name, c.Weight, c.Runs)
	}
	// Output:
	// CNN 0.45 [quick/cnn]
	// ResNet50 0.45 [quick/resnet50]
	// ConvNeXt 0.1 [quick/convnext quick/convnext-transfer]
}
