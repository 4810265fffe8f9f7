package models

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	return backend
}

// near reports numbers that differ from PyTorch's by more than rounding.
func near(t *testing.T, what string, got *tensors.Tensor, want []float32) {
	t.Helper()
	values := tensors.MustCopyFlatData[float32](got)
	for i := range want {
		if len(values) != len(want) || !(math.Abs(float64(values[i]-want[i])) <= 2e-5*max(1, math.Abs(float64(want[i])))) {
			t.Errorf("%s: number %d is %v, want %v", what, i, values[min(i, len(values)-1)], want[i])
			return
		}
	}
}

func TestBlockOfAWideResidualNetworkIsPyTorchs(t *testing.T) {
	var all struct {
		Blocks []struct {
			Filters, Stride                int
			X, Dy, Inference, Training, Dx []float32
			Weights, Gradients             map[string]recorded
		} `json:"wide_block"`
	}
	fixture.Numbers(t, "ingredients/reference.json", &all)
	if len(all.Blocks) != 2 {
		t.Fatalf("%d blocks are recorded", len(all.Blocks))
	}
	for _, b := range all.Blocks {
		store, side := model.NewStore(), 4/b.Stride
		var trained []string
		for name, w := range b.Weights {
			store.VariableWithValue(layers.Path("block/"+name), tensors.FromFlatDataAndDimensions(slices.Clone(w.Values), w.Shape...))
			if _, ok := b.Gradients[name]; ok {
				trained = append(trained, name)
			}
		}
		exec, err := model.NewExec(goBackend(t), store, func(_ *model.Scope, in []*Node) []*Node {
			x, dy, g := in[0], in[1], in[0].Graph()
			inference := WideResNet{}.block(layers.Inference(g, store, 1), "block", x, b.Filters, b.Stride, 0)
			zero := Scalar(g, dtypes.Uint32, uint32(0))
			training := WideResNet{}.block(layers.Training(g, store, 1, layers.Step{Key: zero, First: zero}), "block", x, b.Filters, b.Stride, 0)
			of := []*Node{x}
			for _, name := range trained {
				of = append(of, store.GetVariable(layers.Path("block/"+name)).NodeValue(g))
			}
			return append([]*Node{inference, training}, Gradient(ReduceAllSum(Mul(training, dy)), of...)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(b.X, 3, 4, 4, 4), tensors.FromFlatDataAndDimensions(b.Dy, 3, side, side, b.Filters))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "inference", out[0], b.Inference)
		near(t, "training", out[1], b.Training)
		near(t, "gradient of the input", out[2], b.Dx)
		for i, name := range trained {
			near(t, "gradient of "+name, out[3+i], b.Gradients[name].Values)
		}
	}
}

func TestWideResidualNetworksHaveTheirParametersAndShapes(t *testing.T) {
	count := func(depth, width int) int {
		norm, conv := func(c int) int { return 4 * c }, func(side, c, f int) int { return side*side*c*f + f }
		sum, c := conv(3, 1, 16), 16
		for _, channels := range []int{16, 32, 64} {
			f := channels * width
			for range (depth - 4) / 6 {
				sum += norm(c) + conv(3, c, f) + norm(f) + conv(3, f, f)
				if c != f {
					sum += conv(1, c, f)
				}
				c = f
			}
		}
		return sum + norm(c) + c*10 + 10
	}
	for _, m := range []recipes.Model{{Name: "wideresnet"}, {Name: "wideresnet", Depth: 28, Width: 10}, {Name: "wideresnet", Depth: 10, Width: 1}} {
		s, err := Summarize(m)
		if err != nil {
			t.Fatal(err)
		}
		depth, width := 16, 2
		if m.Depth > 0 {
			depth, width = m.Depth, m.Width
		}
		if want := count(depth, width); s.Parameters != want {
			t.Errorf("WRN-%d-%d has %d parameters, want %d", depth, width, s.Parameters, want)
		}
	}
	for _, m := range []recipes.Model{{Name: "wideresnet", Depth: 12}, {Name: "wideresnet", Depth: 4}, {Name: "wideresnet", Filters: 8}, {Name: "cnn", Squeeze: 4}} {
		if _, err := Summarize(m); err == nil {
			t.Errorf("%+v was accepted", m)
		}
	}
}

func TestResidualBlocksMayBeSqueezedAndLeftOut(t *testing.T) {
	plain, err := Summarize(recipes.Model{Name: "residual"})
	if err != nil {
		t.Fatal(err)
	}
	for squeeze, want := range map[int]int{0: 0, 16: 64*4 + 4 + 4*64 + 64 + 128*8 + 8 + 8*128 + 128 + 256*16 + 16 + 16*256 + 256} {
		s, err := Summarize(recipes.Model{Name: "residual", Squeeze: squeeze, DropPath: 0.1})
		if err != nil || s.Parameters-plain.Parameters != want {
			t.Errorf("with a squeeze of %d there are %d parameters more (%v), want %d", squeeze, s.Parameters-plain.Parameters, err, want)
		}
	}
}

func TestTestTimeAugmentationIsAirbenchs(t *testing.T) {
	var kept struct {
		TTA struct{ Images, Mirror, Shifted []float32 }
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	linear := Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		weights := make([][]float32, 784)
		for i := range weights {
			for k := range 10 {
				weights[i] = append(weights[i], float32(math.Sin(0.37*float64(i*(k+1)))))
			}
		}
		return n.Keep("logits", Tanh(Dot(Reshape(images, -1, 784), Const(n.Graph(), weights)).Product()))
	}}
	for _, m := range []recipes.Model{{FlipTTA: true}, {FlipTTA: true, ShiftTTA: true}} {
		exec, err := model.NewExec(goBackend(t), model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
			return linear.Predict(layers.Inference(in[0].Graph(), model.NewStore(), 1), m, DivScalar(in[0], 1000))
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call1(tensors.FromFlatDataAndDimensions(kept.TTA.Images, 2, 28, 28, 1))
		if err != nil {
			t.Fatal(err)
		}
		want := kept.TTA.Mirror
		if m.ShiftTTA {
			want = kept.TTA.Shifted
		}
		near(t, "logits", out, want)
	}
}
