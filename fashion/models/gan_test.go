package models_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// The number is that of the same networks in Keras and PyTorch, see ../cmd/fashionlab/internal/bench/peers.
func TestGANHasTheParametersOfItsPeersAndItsShapes(t *testing.T) {
	s, err := models.Summarize(recipes.Model{Name: "sngan", Latent: 64, Width: 16})
	if err != nil {
		t.Fatal(err)
	}
	if s.Parameters != 500_066 {
		t.Errorf("%d parameters, want 500,066", s.Parameters)
	}
	shapes := map[string]string{}
	for _, l := range s.Layers {
		shapes[l.Name] = fmt.Sprint(l.Shape)
	}
	for name, want := range map[string]string{"generator_conv1": "[14 14 32]", "generator_conv2": "[28 28 16]", "generator_image": "[28 28 1]",
		"discriminator_pool1": "[14 14 16]", "discriminator_pool2": "[7 7 32]", "discriminator_conv3": "[7 7 64]", "discriminator_score": "[1]"} {
		if shapes[name] != want {
			t.Errorf("%s has the shape %s, want %s", name, shapes[name], want)
		}
	}
}

// evaluate builds a graph on images and returns its output.
func evaluate(t *testing.T, b compute.Backend, store *model.Store, images *tensors.Tensor, build func(n *layers.Net, images *Node) *Node) []float32 {
	t.Helper()
	exec, err := model.NewExec(b, store, func(_ *model.Scope, in []*Node) *Node {
		return build(layers.Inference(in[0].Graph(), store, 1), in[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call1(images)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out)
}

func TestTestTimeAugmentationIsTheMeanAndTheSameForTheFlippedImage(t *testing.T) {
	values := make([]float32, 2*fashion.Pixels)
	for i := range values {
		values[i] = float32((i*i)%97) / 97
	}
	images := tensors.FromFlatDataAndDimensions(values, 2, fashion.Side, fashion.Side, 1)
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	m, store := recipes.Model{Name: "cnn", FlipTTA: true}, model.NewStore()
	network, err := models.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	mirrored := func(x *Node) *Node { return Reverse(x, 2) }
	one := evaluate(t, b, store, images, func(n *layers.Net, x *Node) *Node { return network.Build(n, x) })
	other := evaluate(t, b, store, images, func(n *layers.Net, x *Node) *Node { return network.Build(n, mirrored(x)) })
	both := evaluate(t, b, store, images, func(n *layers.Net, x *Node) *Node { return network.Predict(n, m, x) })
	bothMirrored := evaluate(t, b, store, images, func(n *layers.Net, x *Node) *Node { return network.Predict(n, m, mirrored(x)) })
	differ := 0.0
	for i := range both {
		if want := (one[i] + other[i]) / 2; math.Abs(float64(both[i]-want)) > 1e-5 || math.Abs(float64(bothMirrored[i]-want)) > 1e-5 {
			t.Errorf("logit %d is %v, of the flipped image %v, want the mean %v", i, both[i], bothMirrored[i], want)
		}
		differ = max(differ, math.Abs(float64(one[i]-other[i])))
	}
	if differ < 1e-3 {
		t.Errorf("an image and its flip give the same logits, to %v: nothing was tested", differ)
	}
}
