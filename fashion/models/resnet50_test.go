package models

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

// recorded is a tensor that Keras gave.
type recorded struct {
	Shape  []int
	Values []float32
}

func TestBottleneckBlockIsKeras(t *testing.T) {
	data, err := os.ReadFile("../../testdata/resnet/block.json")
	if err != nil {
		t.Fatal(err)
	}
	var keras struct {
		X, Dy, Inference, Training, Dx []float32
		Weights, Moved, Gradients      map[string]recorded
	}
	if err := json.Unmarshal(data, &keras); err != nil {
		t.Fatal(err)
	}
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	var trained, moved []string
	for name, w := range keras.Weights {
		_, isMoved := keras.Moved[name]
		store.VariableWithValue(layers.Path(name), tensors.FromFlatDataAndDimensions(slices.Clone(w.Values), w.Shape...)).SetTrainable(!isMoved)
		if isMoved {
			moved = append(moved, name)
		} else {
			trained = append(trained, name)
		}
	}
	x := tensors.FromFlatDataAndDimensions(keras.X, 3, 4, 4, 6)
	dy := tensors.FromFlatDataAndDimensions(keras.Dy, 3, 2, 2, 16)
	exec, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) []*Node {
		x, dy, g := in[0], in[1], in[0].Graph()
		inference := ResNet50{}.block(layers.Inference(g, store, 1), "block", x, 4, 2, true)
		zero := Scalar(g, dtypes.Uint32, uint32(0))
		n := layers.Training(g, store, 1, layers.Step{Key: zero, First: zero})
		training := ResNet50{}.block(n, "block", x, 4, 2, true)
		of := []*Node{x}
		for _, name := range trained {
			of = append(of, store.GetVariable(layers.Path(name)).NodeValue(g))
		}
		out := append([]*Node{inference, training}, Gradient(ReduceAllSum(Mul(training, dy)), of...)...)
		updates := map[string]*Node{}
		for _, u := range n.Updates() {
			updates[u.Path] = u.Value
		}
		for _, name := range moved {
			out = append(out, updates[layers.Path(name)])
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(x, dy)
	if err != nil {
		t.Fatal(err)
	}
	close := func(what string, got *tensors.Tensor, want []float32, tolerance float64) {
		values := tensors.MustCopyFlatData[float32](got)
		if len(values) != len(want) {
			t.Fatalf("%s has %d values, want %d", what, len(values), len(want))
		}
		for i, v := range values {
			if !(math.Abs(float64(v-want[i])) <= tolerance*max(1, math.Abs(float64(want[i])))) {
				t.Fatalf("%s: value %d is %v, want %v", what, i, v, want[i])
			}
		}
	}
	close("output in inference", out[0], keras.Inference, 1e-5)
	close("output in training", out[1], keras.Training, 1e-5)
	close("gradient of the input", out[2], keras.Dx, 1e-4)
	for i, name := range trained {
		close("gradient of "+name, out[3+i], keras.Gradients[name].Values, 1e-4)
	}
	for i, name := range moved {
		close(name, out[3+len(trained)+i], keras.Moved[name].Values, 1e-5)
	}
}
