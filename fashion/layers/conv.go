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
	if channels := x.Shape().Dimensions[3]; fast && channels == 1 {
		return convCustom(x, kernel, convFewChannels, nil, kernelGradientColumns)
	}
	return convPlain(x, kernel)
}

func convPlain(x, kernel *Node) *Node { return Convolve(x, kernel).PadSame().Done() }

// convCustom is a convolution whose gradients are written out: of the input by inputGradient (nil: none is needed,
// as the input is the image), of the kernel by kernelGradient.
//
// GoMLX lets a node of one input have a gradient of its own. With an identity on each input and on the output, a
// convolution has one: the output's identity is visited first and leaves dy for the other two. XLA removes what they
// replace.
func convCustom(x, kernel *Node, forward, inputGradient, kernelGradient func(x, k *Node) *Node) *Node {
	var dy *Node
	k := IdentityWithCustomGradient(kernel, func(_, _ *Node) *Node { return kernelGradient(x, dy) })
	in := StopGradient(x)
	if inputGradient != nil {
		in = IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return inputGradient(dy, flip(kernel)) })
	}
	return IdentityWithCustomGradient(forward(in, k), func(_, v *Node) *Node { dy = v; return v })
}

// flip is the kernel of the input's gradient: turned by half a turn, channels exchanged.
func flip(kernel *Node) *Node { return TransposeAllDims(Reverse(kernel, 0, 1), 0, 1, 3, 2) }

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

// convFewChannels is a convolution as a sum of multiply-adds, which XLA fuses into one loop.
func convFewChannels(x, kernel *Node) *Node {
	b, h, w, channels := size(x)
	filters := kernel.Shape().Dimensions[3]
	var y *Node
	for i, window := range shifted(x) {
		for c := range channels {
			pixel := BroadcastToDims(Slice(window, AxisRange(), AxisRange(), AxisRange(), AxisRange(c, c+1)), b, h, w, filters)
			weight := Slice(kernel, AxisRange(i/3, i/3+1), AxisRange(i%3, i%3+1), AxisRange(c, c+1), AxisRange())
			term := Mul(pixel, BroadcastToDims(weight, b, h, w, filters))
			if y == nil {
				y = term
			} else {
				y = Add(y, term)
			}
		}
	}
	return y
}

// columns puts the nine windows side by side: [B*H*W, 9*C].
func columns(x *Node) *Node {
	b, h, w, c := size(x)
	return Reshape(Concatenate(shifted(x), -1), b*h*w, 9*c)
}

// kernelGradientColumns is the kernel's gradient as one matrix product.
func kernelGradientColumns(x, dy *Node) *Node {
	b, h, w, c := size(x)
	filters := dy.Shape().Dimensions[3]
	k := Dot(columns(x), Reshape(dy, b*h*w, filters)).General([]int{0}, nil, []int{0}, nil)
	return Reshape(k, 3, 3, c, filters)
}
