package run_test

import (
	"fmt"

	"fashionlab/fashion/run"
)

// A run is a folder that holds all of its results. Those that come with the project are read like one's own.
func ExampleStore_Open() {
	r, err := run.Published().Open("full/cnn-augmented")
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := r.Predictions(run.Test)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("optimizer", r.Recipe.Optimizer.Name, "with learning rate", r.Recipe.Optimizer.LearningRate)
	fmt.Println(len(r.History), "epochs,", r.Record.Parameters, "parameters")
	fmt.Println(test.Correct(), "of", len(test.Labels), "test images are classified correctly")
	// Output:
	// optimizer nadam with learning rate 0.001
	// 40 epochs, 467818 parameters
	// 9403 of 10000 test images are classified correctly
}
