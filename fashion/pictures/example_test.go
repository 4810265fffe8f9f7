package pictures_test

import (
	"context"
	"fmt"
	"os"

	"fashionlab/fashion/pictures"
	"fashionlab/fashion/study"
)

// A recipe of the study becomes one for a data set of one's own; train.Fit trains it.
func ExampleKeep() {
	home, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home)
	os.Setenv("FASHIONLAB_HOME", home) // where data sets are kept
	data, _, err := pictures.Keep(context.Background(), "../../testdata/fashion-mnist", pictures.Pad)
	if err != nil {
		panic(err)
	}
	recipe := data.For(study.CNN(study.Full))
	fmt.Println(recipe.Model.Classes, "classes,", recipe.Data.Images(), "images")
	// Output:
	// 10 classes, 1600 images
}
