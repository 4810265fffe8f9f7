package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// MaxPool takes the maximum of each 2x2 window, [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even. The gradient
// goes to the first maximum of a window in row order, as in TensorFlow and PyTorch.
func (n *Net) MaxPool(name string, x *Node) *Node {
	y := maxPool(x, n.fast)
	n.add(name, "MaxPooling2D", y, 0)
	return y
}

func maxPool(x *Node, fast bool) *Node {
	if fast {
		return maxPoolReshaped(x)
	}
	return MaxPool(x).Window(2).Done()
}

// maxPoolReshaped is max pooling as a reduction of a reshaped tensor. XLA's own gradient, select-and-scatter, is slow
// on the CPU, and the plain gradient of a reduction would go to every one of tied maxima, of which the data set's
// black background is full.
func maxPoolReshaped(x *Node) *Node {
	b, h, w, c := size(x)
	windows := Reshape(x, b, h/2, 2, w/2, 2, c)
	values := StopGradient(windows)
	var y, dy *Node
	in := IdentityWithCustomGradient(windows, func(_, _ *Node) *Node {
		place := shapes.Make(x.DType(), 1, 1, 2, 1, 2, 1) // 0, 1 in the first row of a window, 2, 3 in the second
		index := BroadcastLike(Add(MulScalar(Iota(x.Graph(), place, 2), 2), Iota(x.Graph(), place, 4)), windows)
		spread := func(v *Node) *Node { return BroadcastLike(Reshape(v, b, h/2, 1, w/2, 1, c), windows) }
		none := AddScalar(ZerosLike(windows), 4)
		first := ReduceAndKeep(Where(Equal(values, spread(y)), index, none), ReduceMin, 2, 4)
		return Where(Equal(index, BroadcastLike(first, windows)), spread(dy), ZerosLike(windows))
	})
	out := ReduceMax(in, 2, 4)
	y = StopGradient(out)
	return IdentityWithCustomGradient(out, func(_, v *Node) *Node { dy = v; return v })
}
