package infer_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/winograd"
	"fashionlab/fashion/internal/winograd/winogradtest"
	"fashionlab/fashion/layers"
)

// The functions here return zeros, unless their bodies are replaced.
func TestGraphsCallTheFunctionsInC(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	if !layers.OnCPU(backend) || len(winogradtest.Sets()) == 0 {
		t.Skip("the functions are not written for this processor or this plugin")
	}
	set := winogradtest.Sets()[0]
	for _, s := range []winogradtest.Shape{{Images: 3, Height: 14, Width: 14, In: 32, Out: 16}, {Images: 30, Height: 28, Width: 28, In: 16, Out: 48}, {Images: 1, Height: 1, Width: 1, In: 16, Out: 16}} {
		x, u, dy := winogradtest.Normal(s.Images*s.Height*s.Width*s.In, 1), winogradtest.Normal(36*s.In*s.Out, 2), winogradtest.Normal(s.Images*s.Height*s.Width*s.Out, 3)
		out, err := ExecOnceN(backend, func(x, u, dy *Node) []*Node {
			call := func(name string, a, b, like *Node) *Node {
				return NewFunction(a.Graph(), name+"zeros", func(g *Graph) []*Node {
					Parameter(g, "a", a.Shape())
					Parameter(g, "b", b.Shape())
					return []*Node{BroadcastToShape(Const(g, float32(0)), like.Shape())}
				}).Call(a, b)[0]
			}
			return []*Node{call(winograd.Convolution, x, u, dy), call(winograd.KernelGradient, x, dy, u)}
		}, tensors.FromFlatDataAndDimensions(x, s.Images, s.Height, s.Width, s.In), tensors.FromFlatDataAndDimensions(u, 36, s.In, s.Out), tensors.FromFlatDataAndDimensions(dy, s.Images, s.Height, s.Width, s.Out))
		if err != nil {
			t.Fatal(err)
		}
		if y := tensors.MustCopyFlatData[float32](out[0]); !slices.Equal(y, set.Convolve(s, 1, x, u)) {
			t.Errorf("%+v: the convolution is not that in C", s)
		}
		halves := set.KernelGradient(s, 0, 2, x, dy)
		for i, v := range set.KernelGradient(s, 1, 2, x, dy) {
			halves[i] += v
		}
		if gradient := tensors.MustCopyFlatData[float32](out[1]); !slices.Equal(gradient, halves) {
			t.Errorf("%+v: the kernel's gradient is not that in C", s)
		}
	}
}

// In single precision the functions in C differ from XLA's convolution by rounding; in double precision their place is taken by XLA's operations.
func TestConvolutionsOfTheCPUsFormAreXLAs(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	const filters = 32
	for dtype, bound := range map[dtypes.DType]float64{dtypes.Float32: 1e-4, dtypes.Float64: 1e-12} {
		for _, side := range []int{3, 7, 14} {
			out, err := model.CallOnceN(backend, model.NewStore(), func(scope *model.Scope, in []*Node) (nodes []*Node) {
				x := ConvertDType(in[0], dtype)
				kernel, like := ConvertDType(in[1], dtype), ConvertDType(in[2], dtype)
				for _, form := range []layers.Form{layers.Reference, layers.FormOf(backend)} {
					n := layers.Inference(x.Graph(), model.NewStore(), 1).WithForm(form)
					n.Use("conv/kernel", kernel)
					n.Use("conv/bias", Zeros(x.Graph(), shapes.Make(dtype, filters)))
					y := n.Conv("conv", x, filters)
					nodes = append(append(nodes, y), Gradient(ReduceAllSum(Mul(y, like)), x, kernel)...)
				}
				return nodes
			}, tensors.FromFlatDataAndDimensions(winogradtest.Normal(5*side*side*16, 1), 5, side, side, 16), tensors.FromFlatDataAndDimensions(winogradtest.Normal(9*16*filters, 2), 3, 3, 16, filters), tensors.FromFlatDataAndDimensions(winogradtest.Normal(5*side*side*filters, 3), 5, side, side, filters))
			if err != nil {
				t.Fatal(err)
			}
			for i, what := range []string{"convolution", "input's gradient", "kernel's gradient"} {
				if d := distance(out[i], out[i+3]); !(d < bound) {
					t.Errorf("%s, side %d, %s: the relative distance is %.1e, want less than %.0e", dtype, side, what, d, bound)
				}
			}
		}
	}
}

// distance is the largest difference of two tensors over the largest value.
func distance(a, b *tensors.Tensor) float64 {
	values := func(t *tensors.Tensor) (list []float64) {
		if t.DType() == dtypes.Float64 {
			return tensors.MustCopyFlatData[float64](t)
		}
		for _, v := range tensors.MustCopyFlatData[float32](t) {
			list = append(list, float64(v))
		}
		return list
	}
	most, apart := 0.0, 0.0
	v, w := values(a), values(b)
	for i := range v {
		most, apart = math.Max(most, math.Abs(v[i])), math.Max(apart, math.Abs(v[i]-w[i]))
	}
	return apart / most
}
