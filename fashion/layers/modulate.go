package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// Modulate divides the channels of each position of [B, H, W, C] by the root of their mean square (pixel norm: Karras, Aila, Laine and Lehtinen, "Progressive
// Growing of GANs", 2018): signals do not grow, and unlike with batch normalization no image depends on the others of its batch. Then it modulates each channel
// by a code, [B, K]: x (1 + gain(code)) + shift(code), both linear (Chen, Lucic, Houlsby and Gelly, "On Self Modulation for Generative Adversarial Networks",
// 2019).
func (n *Net) Modulate(name string, x, code *Node) *Node {
	c := x.Shape().Dimensions[3]
	both := n.Dense(name, code, 2*c)
	part := func(from int) *Node { return Slice(both, AxisRange(), AxisRange(from, from+c)) }
	y := modulate(x, part(0), part(c), n.form)
	n.add(name+"_modulated", "Modulation", y, 0) // the dense layer has the name
	return y
}

const modulateEpsilon = 1e-6 // added to the mean square

// modulate is Modulate with a gain and a shift of [B, C] each.
func modulate(x, gain, shift *Node, form Form) *Node {
	toEachPosition := func(v *Node) *Node { return ExpandAxes(v, 1, 2) }
	if form != ForCPU {
		normalized := Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, 3), modulateEpsilon)))
		return Add(Mul(normalized, toEachPosition(OnePlus(gain))), toEachPosition(shift))
	}
	// XLA's reductions are slow on the CPU, so this form and its gradient use matrix products. With n the normalized x, r the reciprocal root, g and s gain
	// and shift, and the mean over the channels of a position,
	//
	//	dg = sum(dy n), ds = sum(dy), dx = r (dy (1+g) - n mean(dy (1+g) n))
	values, scale := StopGradient(x), toEachPosition(OnePlus(StopGradient(gain)))
	b, h, w, c := size(x)
	reciprocal := Dot(Reshape(Square(values), b*h*w, c), DivScalar(Ones(x.Graph(), shapes.Make(x.DType(), c, 1)), float64(c))).Product()
	reciprocal = Reciprocal(Sqrt(AddScalar(reciprocal, modulateEpsilon)))
	r := Reshape(Dot(reciprocal, Ones(x.Graph(), shapes.Make(x.DType(), 1, c))).Product(), b, h, w, c)
	normalized := Mul(values, r)
	return customGradient([]*Node{x, gain, shift}, func(in []*Node) *Node {
		return Add(Mul(Mul(in[0], r), toEachPosition(OnePlus(in[1]))), toEachPosition(in[2]))
	}, func(dy *Node) []func() *Node {
		dy = OptimizationBarrier(dy)
		dx := func() *Node {
			d := Mul(dy, scale)
			return OptimizationBarrier(Mul(r, Sub(d, Mul(normalized, meanOverChannels(Mul(d, normalized))))))
		}
		dgain := func() *Node { return sumOverPositions(Mul(dy, normalized)) }
		dshift := func() *Node { return sumOverPositions(dy) }
		return []func() *Node{dx, dgain, dshift}
	})
}

// meanOverChannels is the mean over the channels of each position, repeated for each channel: [B, H, W, C] to the same shape.
func meanOverChannels(x *Node) *Node {
	b, h, w, c := size(x)
	all := DivScalar(Ones(x.Graph(), shapes.Make(x.DType(), c, c)), float64(c))
	return Reshape(Dot(Reshape(x, b*h*w, c), all).Product(), b, h, w, c)
}

// sumOverPositions is the sum of each channel over an image's positions: [B, H, W, C] to [B, C].
func sumOverPositions(x *Node) *Node {
	b, h, w, c := size(x)
	ones := Ones(x.Graph(), shapes.Make(x.DType(), b, h*w))
	return Dot(ones, Reshape(x, b, h*w, c)).General([]int{1}, []int{0}, []int{1}, []int{0})
}

// LeakyRelu is x where it is positive and 0.1 x elsewhere.
func (n *Net) LeakyRelu(name string, x *Node) *Node {
	y := activation.LeakyReluWith(x, 0.1)
	n.add(name, "Activation", y, 0)
	return y
}
