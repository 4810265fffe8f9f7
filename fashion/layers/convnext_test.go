package layers

import (
	"fmt"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestFastDepthwiseConvolutionsEqualThePlainOne(t *testing.T) {
	b := backend(t)
	for _, c := range []struct{ batch, h, w, channels, side int }{{2, 8, 8, 3, 7}, {3, 1, 1, 2, 7}, {2, 2, 3, 2, 7}, {2, 5, 4, 3, 3}, {1, 9, 8, 2, 7}} {
		x, k, w := draw(1, c.batch, c.h, c.w, c.channels), draw(2, c.side, c.side, c.channels), draw(3, c.batch, c.h, c.w, c.channels)
		var results [3][]*tensors.Tensor
		for i, form := range []func(x, k *Node) *Node{multiplyAdds, depthwiseMatrix, depthwiseShifted} {
			out, err := ExecOnceN(b, func(x, k, w *Node) []*Node {
				y := form(x, k)
				return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, w)), k, x)...)
			}, x, k, w)
			if err != nil {
				t.Fatal(err)
			}
			results[i] = out
		}
		plain, err := ExecOnce(b, depthwisePlain, x, k)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("%+v: GoMLX's convolution", c), plain, results[0][0], 1e-10)
		for i, what := range []string{"output", "gradient of the kernel", "gradient of the input"} {
			same(t, fmt.Sprintf("%+v, as matrices: %s", c, what), results[1][i], results[0][i], 1e-10)
			same(t, fmt.Sprintf("%+v, shifted: %s", c, what), results[2][i], results[0][i], 1e-10)
		}
	}
}

// The plain gradient through mean and variance, by GoMLX, is what the written one must be.
func TestLayerNormAndItsGradientsAreTheFormulas(t *testing.T) {
	x, w := draw(1, 3, 2, 4, 5), draw(2, 3, 2, 4, 5)
	gamma, beta := draw(3, 5), draw(4, 5)
	b := backend(t)
	var results [2][]*tensors.Tensor
	for i, plain := range []bool{true, false} {
		out, err := ExecOnceN(b, func(x, gamma, beta, w *Node) []*Node {
			y := layerNorm(x, gamma, beta, 1e-6)
			if plain {
				centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
				variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
				y = Add(Mul(Div(centred, Sqrt(AddScalar(variance, 1e-6))), wide(gamma, x)), wide(beta, x))
			}
			return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, w)), x, gamma, beta)...)
		}, x, gamma, beta, w)
		if err != nil {
			t.Fatal(err)
		}
		results[i] = out
	}
	for i, what := range []string{"output", "gradient of x", "gradient of gamma", "gradient of beta"} {
		same(t, what, results[1][i], results[0][i], 1e-9)
	}
}
