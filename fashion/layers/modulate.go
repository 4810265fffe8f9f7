package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Modulate divides the channels of each place of [B, H, W, C] by the root of their mean square (Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs",
// 2018), so that signals do not grow and images are not tied together as by a normalization over the batch. Then it scales and shifts each channel by what a
// code says, [B, K]: x (1 + gain(code)) + shift(code), both linear (Chen, Lucic, Houlsby and Gelly, "On Self Modulation for Generative Adversarial Networks", 2019).
func (n *Net) Modulate(name string, x, code *Node) *Node {
	c := x.Shape().Dimensions[3]
	both := n.Dense(name, code, 2*c)
	part := func(from int) *Node { return Slice(both, AxisRange(), AxisRange(from, from+c)) }
	y := modulate(x, part(0), part(c), n.form)
	n.add(name, "Modulation", y, 0)
	return y
}

const modulateEpsilon = 1e-6 // added to the mean square

// modulate works on gain and shift of [B, C] each.
func modulate(x, gain, shift *Node, form Form) *Node {
	overPlaces := func(v *Node) *Node { return ExpandAxes(v, 1, 2) }
	if form != ForCPU {
		normalized := Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, 3), modulateEpsilon)))
		return Add(Mul(normalized, overPlaces(OnePlus(gain))), overPlaces(shift))
	}
	// XLA's reductions are slow on the CPU, so that they are written as matrix products; and so is the gradient: with n the normalized x, r the
	// reciprocal root, g and s gain and shift, and the mean over the channels of a place,
	//
	//	dg = sum(dy n), ds = sum(dy), dx = r (dy (1+g) - n mean(dy (1+g) n))
	values, scale := StopGradient(x), overPlaces(OnePlus(StopGradient(gain)))
	b, h, w, c := size(x)
	ofPlace := Dot(Reshape(Square(values), b*h*w, c), DivScalar(Ones(x.Graph(), shapes.Make(x.DType(), c, 1)), float64(c))).Product()
	ofPlace = Reciprocal(Sqrt(AddScalar(ofPlace, modulateEpsilon)))
	r := Reshape(Dot(ofPlace, Ones(x.Graph(), shapes.Make(x.DType(), 1, c))).Product(), b, h, w, c)
	normalized := Mul(values, r)
	return customGradient([]*Node{x, gain, shift}, func(in []*Node) *Node {
		return Add(Mul(Mul(in[0], r), overPlaces(OnePlus(in[1]))), overPlaces(in[2]))
	}, func(dy *Node) []func() *Node {
		dy = OptimizationBarrier(dy)
		dx := func() *Node {
			d := Mul(dy, scale)
			return OptimizationBarrier(Mul(r, Sub(d, Mul(normalized, meanOverChannels(Mul(d, normalized))))))
		}
		dgain := func() *Node { return sumOverPlaces(Mul(dy, normalized)) }
		dshift := func() *Node { return sumOverPlaces(dy) }
		return []func() *Node{dx, dgain, dshift}
	})
}

// meanOverChannels is the mean of each place's channels, in the place of each of them.
func meanOverChannels(x *Node) *Node {
	b, h, w, c := size(x)
	all := DivScalar(Ones(x.Graph(), shapes.Make(x.DType(), c, c)), float64(c))
	return Reshape(Dot(Reshape(x, b*h*w, c), all).Product(), b, h, w, c)
}

// sumOverPlaces is the sum of each channel over an image's places, [B, H, W, C] to [B, C].
func sumOverPlaces(x *Node) *Node {
	b, h, w, c := size(x)
	ones := Ones(x.Graph(), shapes.Make(x.DType(), b, h*w))
	return Dot(ones, Reshape(x, b, h*w, c)).General([]int{1}, []int{0}, []int{1}, []int{0})
}

// LeakyRelu is x where it is positive and a tenth of it elsewhere.
func (n *Net) LeakyRelu(name string, x *Node) *Node {
	y := activation.LeakyReluWith(x, 0.1)
	n.add(name, "Activation", y, 0)
	return y
}
