package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Upsample doubles the side of maps: [B, H, W, C] to [B, 2H, 2W, C], each value four times.
func (n *Net) Upsample(name string, x *Node) *Node {
	y := upsample(x)
	n.add(name, "UpSampling2D", y, 0)
	return y
}

// AveragePool takes the mean of each 2x2 window: [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even.
func (n *Net) AveragePool(name string, x *Node) *Node {
	y := averagePool(x)
	n.add(name, "AveragePooling2D", y, 0)
	return y
}

// The gradient of each is the other, but for a factor of four.

func upsample(x *Node) *Node {
	var dy *Node
	in := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return sumOf4(dy) })
	return IdentityWithCustomGradient(fourfold(in), func(_, v *Node) *Node { dy = v; return v })
}

func averagePool(x *Node) *Node {
	var dy *Node
	in := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return fourfold(MulScalar(dy, 0.25)) })
	return IdentityWithCustomGradient(MulScalar(sumOf4(in), 0.25), func(_, v *Node) *Node { dy = v; return v })
}

// fourfold repeats each place of [B, H, W, C] in a window of 2x2.
func fourfold(x *Node) *Node {
	b, h, w, c := size(x)
	return Reshape(BroadcastToDims(Reshape(x, b, h, 1, w, 1, c), b, h, 2, w, 2, c), b, 2*h, 2*w, c)
}

// sumOf4 adds up the places of each window of 2x2.
func sumOf4(x *Node) *Node {
	b, h, w, c := size(x)
	windows := Reshape(x, b, h/2, 2, w/2, 2, c)
	place := func(i, j int) *Node {
		return Slice(windows, AxisRange(), AxisRange(), AxisElem(i), AxisRange(), AxisElem(j))
	}
	return Reshape(Add(Add(place(0, 0), place(0, 1)), Add(place(1, 0), place(1, 1))), b, h/2, w/2, c)
}
