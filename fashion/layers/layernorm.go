package layers

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// LayerNorm subtracts from each place of [B, ..., C] the mean over its channels and divides by their standard deviation, then scales by
// gamma and adds beta (Ba, Kiros and Hinton 2016). epsilon is added to the variance, which is the biased one.
func (n *Net) LayerNorm(name string, x *Node, epsilon float64) *Node {
	c := x.Shape().Dimensions[x.Rank()-1]
	gamma := n.Param(name+"/gamma", Constant(1), c)
	beta := n.Param(name+"/beta", Constant(0), c)
	y := layerNorm(x, gamma, beta, epsilon, n.form)
	n.add(name, "LayerNormalization", y, 2*c)
	return y
}

// layerNorm has its gradient written out: with xhat the normalized x, d = dy gamma and means over the channels,
//
//	dx = (d - mean(d) - xhat mean(d xhat)) / sigma, dgamma = sum(dy xhat), dbeta = sum(dy)
func layerNorm(x, gamma, beta *Node, epsilon float64, form Form) *Node {
	values := StopGradient(x)
	centred := Sub(values, placeMean(values, form))
	inverse := Reciprocal(Sqrt(AddScalar(placeMean(Square(centred), form), epsilon)))
	xhat := Mul(centred, inverse)
	scale := StopGradient(gamma)
	return customGradient([]*Node{x, gamma, beta}, func(in []*Node) *Node {
		return Add(Mul(Mul(Sub(in[0], placeMean(values, form)), inverse), wide(in[1], x)), wide(in[2], x))
	}, func(dy *Node) []func() *Node {
		dx := func() *Node {
			d := Mul(dy, wide(scale, x))
			return Mul(Sub(Sub(d, placeMean(d, form)), Mul(xhat, placeMean(Mul(d, xhat), form))), inverse)
		}
		dgamma := func() *Node { return channelSum(Mul(dy, xhat), form) }
		dbeta := func() *Node { return channelSum(dy, form) }
		return []func() *Node{dx, dgamma, dbeta}
	})
}

// Linear multiplies the channels of [B, ..., C] by a kernel and adds a bias: [B, ..., units].
func (n *Net) Linear(name string, x *Node, units int) *Node {
	d := x.Shape().Dimensions
	c := d[len(d)-1]
	kernel := n.Param(name+"/kernel", TruncatedNormal(0.02), c, units)
	bias := n.Param(name+"/bias", Constant(0), units)
	y := addBias(Dot(Reshape(x, -1, c), kernel).Product(), bias, n.form)
	y = Reshape(y, append(append([]int{}, d[:len(d)-1]...), units)...)
	n.add(name, "Dense", y, c*units+units)
	return y
}

// Patches is a convolution whose windows lie side by side: [B, H, W, C] to [B, H/side, W/side, filters]. What is left over at the right
// and the bottom is not seen.
func (n *Net) Patches(name string, x *Node, filters, side int) *Node {
	b, h, w, c := size(x)
	rows, columns := h/side, w/side
	kernel := n.Param(name+"/kernel", TruncatedNormal(0.02), side, side, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	whole := Slice(x, AxisRange(), AxisRange(0, rows*side), AxisRange(0, columns*side), AxisRange())
	flat := Reshape(Transpose(Reshape(whole, b, rows, side, columns, side, c), 2, 3), b*rows*columns, side*side*c)
	y := addBias(Dot(flat, Reshape(kernel, side*side*c, filters)).Product(), bias, n.form)
	y = Reshape(y, b, rows, columns, filters)
	n.add(name, "Conv2D", y, side*side*c*filters+filters)
	return y
}

// Gelu is x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016), in its exact form.
func Gelu(x *Node) *Node {
	return Mul(MulScalar(x, 0.5), AddScalar(Erf(MulScalar(x, math.Sqrt2/2)), 1))
}

// LayerScale multiplies each channel by a factor of its own, small at first (Touvron et al. 2021).
func (n *Net) LayerScale(name string, x *Node, initial float64) *Node {
	c := x.Shape().Dimensions[x.Rank()-1]
	y := Mul(x, wide(n.Param(name, Constant(initial), c), x))
	n.add(name, "LayerScale", y, c)
	return y
}

// DropPath zeroes the whole of x for a share rate of the images in training, and divides the others by one minus it (stochastic depth, Huang et
// al. 2016). What is zeroed follows from the step's key, the layer's name and the image's place in the batch.
func (n *Net) DropPath(name string, x *Node, rate float64) *Node {
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
