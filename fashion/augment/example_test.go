package augment_test

import (
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/recipes"
)

// An image gets other parameters in each epoch.
func ExampleDraw() {
	a := recipes.Augmentation{Flip: "horizontal", Rotation: recipes.Within(0.05)} // turns
	for epoch := 1; epoch <= 3; epoch++ {
		fmt.Println(augment.Draw(a, 1, epoch, 0))
	}
	// Output:
	// flipped left to right, rotation +0.005
	// flipped left to right, rotation +0.048
	// flipped left to right, rotation -0.011
}

func ExamplePreview() {
	image := fashion.Image{0: 255} // the top left pixel
	a := recipes.Augmentation{Flip: "horizontal"}
	flipped, err := augment.Preview(a, []fashion.Image{image}, []augment.Parameters{{FlipHorizontal: true}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(flipped[0][0], flipped[0][fashion.Side-1])
	// Output: 0 255
}

// A recipe that names the transform is trained by passing the transform along.
func ExampleOwn() {
	darken := augment.Own{Name: "darken", Apply: func(images, numbers *Node) *Node {
		return Mul(images, Reshape(numbers, -1, 1, 1, 1)) // [B, H, W, C] by [B, 1, 1, 1]
	}}
	a := recipes.Augmentation{Own: recipes.OwnAugmentation{Name: "darken", Numbers: 1}}
	white := fashion.Image{255}
	darker, err := augment.Preview(a, []fashion.Image{white, white}, []augment.Parameters{{Own: []float64{0.2}}, {Own: []float64{0.6}}}, darken)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(darker[0][0], darker[1][0])
	// Output: 51 153
}
