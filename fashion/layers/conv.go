package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Conv convolves [B, H, W, C] with a 3x3 kernel, stride 1, zero padding ("same"), and adds a bias: [B, H, W, filters].
func (n *Net) Conv(name string, x *Node, filters int) *Node {
	_, _, _, c := size(x)
	kernel := n.Param(name+"/kernel", GlorotUniform(9*c, 9*filters), 3, 3, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	y := addBias(conv(x, kernel, n.fast), bias)
	n.add(name, "Conv2D", y, 9*c*filters+filters)
	return y
}

func conv(x, kernel *Node, fast bool) *Node {
	switch {
	case !fast:
		return convPlain(x, kernel)
	case x.Shape().Dimensions[3] == 1:
		return convOneChannel(x, kernel)
	}
	return convWinograd(x, kernel)
}

func convPlain(x, kernel *Node) *Node { return Convolve(x, kernel).PadSame().Done() }

// convOneChannel is a convolution of the images themselves, whose own gradient nobody needs, as a sum of multiply-adds,
// which XLA fuses into one loop. The kernel's gradient is one matrix product.
//
// GoMLX lets a node of one input have a gradient of its own. With an identity on the kernel and on the output, a
// convolution has one: the output's identity is visited first and leaves dy for the kernel's. XLA removes what they
// replace.
func convOneChannel(x, kernel *Node) *Node {
	b, h, w, _ := size(x)
	filters := kernel.Shape().Dimensions[3]
	x = StopGradient(x)
	var dy *Node
	k := IdentityWithCustomGradient(kernel, func(_, _ *Node) *Node {
		columns := Reshape(Concatenate(shifted(x), -1), b*h*w, 9)
		return Reshape(Dot(columns, Reshape(dy, b*h*w, filters)).General([]int{0}, nil, []int{0}, nil), 3, 3, 1, filters)
	})
	y := ZerosLike(BroadcastToDims(x, b, h, w, filters))
	for i, window := range shifted(x) {
		weight := Slice(k, AxisElem(i/3), AxisElem(i%3))
		y = Add(y, Mul(BroadcastToDims(window, b, h, w, filters), BroadcastToDims(weight, b, h, w, filters)))
	}
	return IdentityWithCustomGradient(y, func(_, v *Node) *Node { dy = v; return v })
}

// shifted returns the nine windows of the padded x, [B, H, W, C] each, in the kernel's row order.
func shifted(x *Node) []*Node {
	_, h, w, _ := size(x)
	border := PadAxis{Start: 1, End: 1}
	p := Pad(x, zero(x), PadAxis{}, border, border, PadAxis{})
	var windows []*Node
	for i := range 3 {
		for j := range 3 {
			windows = append(windows, Slice(p, AxisRange(), AxisRange(i, i+h), AxisRange(j, j+w), AxisRange()))
		}
	}
	return windows
}
