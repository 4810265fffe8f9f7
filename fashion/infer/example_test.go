package infer_test

import (
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// A published run brings its weights.
func ExampleLoad() {
	r, err := run.Published().Open("full/residual")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := infer.Load(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := fashion.FindDir()
	if err != nil {
		fmt.Println(err)
		return
	}
	train, err := fashion.LoadTrain(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := m.Predict(fashion.Set{Images: train.Images[:3], Labels: train.Labels[:3]})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, label := range p.Labels {
		fmt.Printf("%v: classified as %v\n", label, p.Predicted(i))
	}
	// Output:
	// Ankle boot: classified as Ankle boot
	// T-shirt/top: classified as T-shirt/top
	// T-shirt/top: classified as T-shirt/top
}

// What each line of a network makes of an image: its shape and some values.
func ExampleModel_Activations() {
	network := models.Network{Name: "mine", Logits: func(n *layers.Net, images *Node) *Node {
		x := n.MaxPool("pool", n.Relu("relu", n.Conv("conv", images, 4)))
		return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
	}}
	m, err := infer.Untrained(recipes.Recipe{Model: recipes.Model{Name: "mine"}, Seed: 1}, network)
	if err != nil {
		log.Fatal(err)
	}
	list, err := m.Activations(make([]fashion.Image, 2)) // all black
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range list {
		fmt.Println(a.Name, a.Shape, a.Values[0])
	}
	// Output:
	// conv [2 28 28 4] 0
	// relu [2 28 28 4] 0
	// pool [2 14 14 4] 0
	// flatten [2 784] 0
	// logits [2 10] 0
}

func ExampleModel_Parameter() {
	r, err := run.Published().Open("full/residual")
	if err != nil {
		log.Fatal(err)
	}
	m, err := infer.Load(r)
	if err != nil {
		log.Fatal(err)
	}
	values, shape, err := m.Parameter("stem_conv/kernel")
	fmt.Println(len(values), shape, err)
	// Output: 288 [3 3 1 32] <nil>
}
