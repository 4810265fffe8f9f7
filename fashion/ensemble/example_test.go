package ensemble_test

import (
	"fmt"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/run"
)

// Members are loaded from saved predictions. Their weights are found on the validation images, and the ensemble is evaluated on the test images beside its
// best member.
func ExampleLoad() {
	members, err := ensemble.Load([]ensemble.Candidate{
		{Name: "CNN", Runs: []string{"full/cnn-augmented"}},
		{Name: "residual network", Runs: []string{"full/residual"}},
	}, run.StoreAt("../../notebooks/published", true))
	if err != nil {
		fmt.Println(err)
		return
	}
	weights, err := members.GridWeights()
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := members.Evaluate(weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("weights %.2f, test accuracy %s\n", e.Weights, e.Test)
	fmt.Printf("%s over the %s, p %.3f\n", e.Gain.Signed(), members[e.Best].Name, e.McNemar.P)
	// Output:
	// weights [0.45 0.55], test accuracy 0.9483 (0.9438 to 0.9525)
	// +0.0012 (-0.0014 to +0.0037) over the residual network, p 0.388
}
