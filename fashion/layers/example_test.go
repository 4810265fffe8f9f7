package layers_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

func ExampleNet() {
	backend, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	defer backend.Finalize()
	g := NewGraph(backend, "example")
	defer g.Finalize()
	images := Parameter(g, "images", shapes.Make(dtypes.Float32, 64, 28, 28, 1)) // [B, H, W, C]

	n := layers.Inference(g, model.NewStore(), 1)
	x := n.Relu("relu", n.Conv("conv", images, 16))
	x = n.Flatten("flatten", n.MaxPool("pool", x))
	n.Dense("logits", x, 10)
	for _, l := range n.Layers() {
		fmt.Println(l.Name, l.Type, l.Shape, l.Parameters)
	}
	// Output:
	// conv Conv2D [28 28 16] 160
	// relu Activation [28 28 16] 0
	// pool MaxPooling2D [14 14 16] 0
	// flatten Flatten [3136] 0
	// logits Dense [10] 31370
}

// Where the library has no layer, a network makes parameters and computes with them.
func ExampleNet_Param() {
	backend, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	scaled, err := model.CallOnce(backend, store, func(_ *model.Scope, x *Node) *Node {
		n := layers.Inference(x.Graph(), store, 1)
		scale := n.Param("scale/gamma", layers.Constant(0.5), 3)
		return Mul(x, scale)
	}, []float32{2, 4, 6})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scaled)
	// Output:
	// [3]float32{1, 2, 3}
}
