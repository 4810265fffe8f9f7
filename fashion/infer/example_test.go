package infer_test

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
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
