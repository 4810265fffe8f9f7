package layers

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestDepthwiseConvolutionsEqualTheReference(t *testing.T) {
	b := backend(t)
	for _, c := range []struct{ batch, h, w, channels, side int }{{2, 8, 8, 3, 7}, {3, 1, 1, 2, 7}, {2, 2, 3, 2, 7}, {2, 5, 4, 3, 3}, {1, 9, 8, 2, 7}} {
		x, k, w := draw(1, c.batch, c.h, c.w, c.channels), draw(2, c.side, c.side, c.channels), draw(3, c.batch, c.h, c.w, c.channels)
		results := map[string][]*tensors.Tensor{}
		for name, convolve := range map[string]func(x, k *Node) *Node{
			"multiply-adds":    multiplyAdds, // with GoMLX's gradients
			"as matrices":      depthwiseMatrix,
			"shifted, for CPU": func(x, k *Node) *Node { return depthwiseShifted(x, k, ForCPU) },
			"the CPU's choice": func(x, k *Node) *Node { return depthwise(x, k, ForCPU) },
			"the GPU's choice": func(x, k *Node) *Node { return depthwise(x, k, ForGPU) },
		} {
			out, err := ExecOnceN(b, func(x, k, w *Node) []*Node {
				y := convolve(x, k)
				return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, w)), k, x)...)
			}, x, k, w)
			if err != nil {
				t.Fatal(err)
			}
			results[name] = out
		}
		reference, err := ExecOnce(b, depthwiseReference, x, k)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("%+v: GoMLX's convolution", c), reference, results["multiply-adds"][0], 1e-10)
		for name, out := range results {
			for i, what := range []string{"output", "gradient of the kernel", "gradient of the input"} {
				same(t, fmt.Sprintf("%+v, %s: %s", c, name, what), out[i], results["multiply-adds"][i], 1e-10)
			}
		}
	}
}

// The custom gradient must equal GoMLX's own through mean and variance.
func TestLayerNormAndItsGradientsAreTheFormulas(t *testing.T) {
	form := func(norm func(x, gamma, beta *Node, epsilon float64) *Node) func(in []*Node) []*Node {
		return func(in []*Node) []*Node {
			y := norm(in[0], in[1], in[2], 1e-6)
			return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, in[3])), in[:3]...)...)
		}
	}
	reference := func(x, gamma, beta *Node, epsilon float64) *Node {
		centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
		variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
		return Add(Mul(Div(centred, Sqrt(AddScalar(variance, epsilon))), broadcast(gamma, x)), broadcast(beta, x))
	}
	for _, f := range allForms {
		written := func(x, gamma, beta *Node, epsilon float64) *Node { return layerNorm(x, gamma, beta, epsilon, f) }
		formsAgree(t, named(f, "output", "gradient of x", "gradient of gamma", "gradient of beta"), 1e-9, form(reference), form(written),
			draw(1, 3, 2, 4, 5), draw(3, 5), draw(4, 5), draw(2, 3, 2, 4, 5))
	}
}

func TestDropPathDropsCompleteImagesAndKeepsTheMean(t *testing.T) {
	const images, rate = 4000, 0.25
	out, err := ExecOnce(backend(t), func(x *Node) *Node {
		zero := Scalar(x.Graph(), dtypes.Uint32, uint32(0))
		return Training(x.Graph(), model.NewStore(), 1, Step{Key: zero, First: zero}).DropPath("path", x, rate)
	}, tensors.FromFlatDataAndDimensions(ones(images*3), images, 3))
	if err != nil {
		t.Fatal(err)
	}
	left, flat := 0, tensors.MustCopyFlatData[float32](out)
	for i := 0; i < len(flat); i += 3 {
		if flat[i] != flat[i+1] || flat[i] != flat[i+2] || flat[i] != 0 && math.Abs(float64(flat[i])-1/(1-rate)) > 1e-6 {
			t.Fatalf("image %d became %v, want all 0 or all %v", i/3, flat[i:i+3], 1/(1-rate))
		}
		if flat[i] == 0 {
			left++
		}
	}
	if fraction := float64(left) / images; math.Abs(fraction-rate) > 0.03 {
		t.Errorf("%.3f of the images were left out, want %.2f", fraction, rate)
	}
}
