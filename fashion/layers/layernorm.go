package layers

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// LayerNorm normalizes each position of [B, ..., C]: it subtracts the mean over the channels and divides by their standard deviation, then multiplies by
// gamma and adds beta (Ba, Kiros and Hinton 2016). epsilon is added to the biased variance.
func (n *Net) LayerNorm(name string, x *Node, epsilon float64) *Node {
	c := x.Shape().Dimensions[x.Rank()-1]
	gamma := n.Param(name+"/gamma", Constant(1), c)
	beta := n.Param(name+"/beta", Constant(0), c)
	y := layerNorm(x, gamma, beta, epsilon, n.form)
	n.add(name, "LayerNormalization", y, 2*c)
	return y
}

// layerNorm has its own gradient: with xhat the normalized x, d = dy gamma and means over the channels,
//
//	dx = (d - mean(d) - xhat mean(d xhat)) / sigma, dgamma = sum(dy xhat), dbeta = sum(dy)
func layerNorm(x, gamma, beta *Node, epsilon float64, form Form) *Node {
	if form == ForExport {
		return BackendFusedLayerNorm(x, []int{x.Rank() - 1}, epsilon, gamma, beta)
	}
	values := StopGradient(x)
	centred := Sub(values, positionMean(values, form))
	inverse := Reciprocal(Sqrt(AddScalar(positionMean(Square(centred), form), epsilon)))
	xhat := Mul(centred, inverse)
	scale := StopGradient(gamma)
	return customGradient([]*Node{x, gamma, beta}, func(in []*Node) *Node {
		return Add(Mul(Mul(Sub(in[0], positionMean(values, form)), inverse), broadcast(in[1], x)), broadcast(in[2], x))
	}, func(dy *Node) []func() *Node {
		dx := func() *Node {
			d := Mul(dy, broadcast(scale, x))
			return Mul(Sub(Sub(d, positionMean(d, form)), Mul(xhat, positionMean(Mul(d, xhat), form))), inverse)
		}
		dgamma := func() *Node { return channelSum(Mul(dy, xhat), form) }
		dbeta := func() *Node { return channelSum(dy, form) }
		return []func() *Node{dx, dgamma, dbeta}
	})
}

// Patchify is a convolution with a stride as long as its kernel's side, so that its patches do not overlap: [B, H, W, C] to
// [B, floor(H/side), floor(W/side), filters]. Incomplete patches at the right and the bottom are left out. The kernel is initialized by
// TruncatedNormal(0.02).
func (n *Net) Patchify(name string, x *Node, filters, side int) *Node {
	b, h, w, c := size(x)
	rows, columns := h/side, w/side
	kernel := n.Param(name+"/kernel", TruncatedNormal(0.02), side, side, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	var y *Node
	if n.form == ForExport {
		y = addBias(Convolve(x, kernel).Strides(side).NoPadding().Done(), bias, n.form)
	} else {
		complete := Slice(x, AxisRange(), AxisRange(0, rows*side), AxisRange(0, columns*side), AxisRange())
		flat := Reshape(Transpose(Reshape(complete, b, rows, side, columns, side, c), 2, 3), b*rows*columns, side*side*c)
		y = addBias(Dot(flat, Reshape(kernel, side*side*c, filters)).Product(), bias, n.form)
		y = Reshape(y, b, rows, columns, filters)
	}
	n.add(name, "Conv2D", y, side*side*c*filters+filters)
	return y
}

// Gelu is x Phi(x) in its exact form, with Phi the standard normal distribution function (Hendrycks and Gimpel 2016).
func Gelu(x *Node) *Node {
	return Mul(MulScalar(x, 0.5), AddScalar(Erf(MulScalar(x, math.Sqrt2/2)), 1))
}

// LayerScale multiplies each channel of [..., C] by a trained factor, which starts at initial (Touvron et al. 2021).
func (n *Net) LayerScale(name string, x *Node, initial float64) *Node {
	c := x.Shape().Dimensions[x.Rank()-1]
	y := Mul(x, broadcast(n.Param(name, Constant(initial), c), x))
	n.add(name, "LayerScale", y, c)
	return y
}

// DropPath is stochastic depth (Huang et al. 2016): in training it zeroes all of x for a fraction rate of the images and divides the others by 1-rate. The
// step's key, the layer's name and the image's position in the batch decide which are zeroed.
func (n *Net) DropPath(name string, x *Node, rate float64) *Node {
	if !(rate >= 0 && rate < 1) {
		panic(fmt.Errorf("the layer %q drops a fraction of %v, want one in [0, 1)", name, rate))
	}
	if !n.IsTraining() || rate == 0 {
		return x
	}
	one := Slice(Reshape(x, x.Shape().Dimensions[0], -1), AxisRange(), AxisRange(0, 1)) // [B, 1]
	kept := ConvertDType(GreaterOrEqual(n.random(name, one), Scalar(n.graph, dtypes.Uint32, Fraction(rate))), x.DType())
	factor := DivScalar(kept, 1-rate)
	for factor.Rank() < x.Rank() {
		factor = ExpandAxes(factor, -1)
	}
	return Mul(x, factor)
}
