package train_test

import (
	"fmt"
	"os"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// A user-defined network is a function. It is passed beside a recipe that has its name.
func ExampleFit_ownNetwork() {
	small := func(n *layers.Net, images *Node) *Node { // [B, 28, 28, 1]
		x := n.MaxPool("pool1", n.Relu("relu1", n.Conv("conv1", images, 16))) // [B, 14, 14, 16]
		x = n.MaxPool("pool2", n.Relu("relu2", n.Conv("conv2", x, 32)))       // [B, 7, 7, 32]
		return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
	}
	own := models.Network{Name: "small", Logits: small}
	recipe := study.CNN(study.Smoke)
	recipe.Model = recipes.Model{Name: "small"}
	recipe.Data.Limit = 500

	defer inTemporaryFolder()()
	r, err := train.Fit("mine/small", recipe, nil, own)
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := infer.Test(r, own)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Record.Parameters, "parameters,", len(r.History), "epochs,", len(test.Labels), "test images")
	// Output: 20490 parameters, 2 epochs, 400 test images
}

// A network of one's own is timed like the study's.
func ExampleNewStepper() {
	own := models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
	}}
	recipe := study.CNN(study.Smoke)
	recipe.Model = recipes.Model{Name: "linear"}
	recipe.Data.Limit = 500

	s, err := train.NewStepper(recipe, own)
	if err != nil {
		fmt.Println(err)
		return
	}
	milliseconds, err := s.Time(20)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(milliseconds), "steps of", s.Parameters, "parameters are timed")
	// Output: 20 steps of 7850 parameters are timed
}

// The CNN's size is a matter of the recipe.
func ExampleFit_smallerCNN() {
	recipe := study.CNN(study.Smoke)
	recipe.Model.Filters, recipe.Model.Depth, recipe.Model.Hidden = 16, 1, 64
	recipe.Data.Limit, recipe.Epochs = 500, 1

	defer inTemporaryFolder()()
	r, err := train.Fit("mine/cnn-16", recipe, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	network, _, err := r.LoadNetwork()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range network.Layers {
		if l.Parameters > 0 {
			fmt.Println(l)
		}
	}
	// Output:
	// stage1/conv1: Conv2D, output [28 28 16], 160 parameters
	// stage2/conv1: Conv2D, output [14 14 32], 4640 parameters
	// hidden: Dense, output [64], 100416 parameters
	// logits: Dense, output [10], 650 parameters
}

// inTemporaryFolder keeps the runs of an example in a folder that is removed by the function that it returns.
func inTemporaryFolder() (remove func()) {
	before := os.Getenv(run.RootVariable)
	dir, err := os.MkdirTemp("", "fashionlab-example-")
	if err == nil {
		err = os.Setenv(run.RootVariable, dir)
	}
	if err != nil {
		panic(err)
	}
	return func() {
		os.RemoveAll(dir) // of the system's temporary files
		os.Setenv(run.RootVariable, before)
	}
}
