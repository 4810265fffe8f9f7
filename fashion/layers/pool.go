package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// MaxPool takes the maximum of each 2x2 window, [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even. The gradient
// goes to the first maximum of a window in row order, as in TensorFlow and PyTorch.
func (n *Net) MaxPool(name string, x *Node) *Node {
	y := maxPool(x, n.form)
	n.add(name, "MaxPooling2D", y, 0)
	return y
}

func maxPool(x *Node, form Form) *Node {
	if form == Reference {
		return MaxPool(x).Window(2).Done()
	}
	return maxPoolOfParts(x)
}

// maxPoolOfParts is max pooling as the maximum of the windows' four places. XLA's own gradient, select-and-scatter, is slow on a CPU and takes more launches on a
// GPU, where it adds in no fixed order; and the plain gradient of a maximum would go to every one of tied maxima, of which the data set's black background is
// full.
func maxPoolOfParts(x *Node) *Node {
	b, h, w, c := size(x)
	windows := Reshape(x, b, h/2, 2, w/2, 2, c)
	place := func(x *Node, i int) *Node { // [B, H/2, 1, W/2, 1, C]
		return Slice(x, AxisRange(), AxisRange(), AxisElem(i/2), AxisRange(), AxisElem(i%2))
	}
	forward := func(windows *Node) *Node { return Reshape(maxOf4(windows, place), b, h/2, w/2, c) }
	return customGradient1(windows, forward, func(dy *Node) *Node {
		dy = Reshape(dy, b, h/2, 1, w/2, 1, c)
		largest := maxOf4(windows, place)
		var parts [4]*Node
		var given *Node // whether an earlier place is the maximum
		for i := range parts {
			here := Equal(place(windows, i), largest)
			if given == nil {
				parts[i], given = Where(here, dy, ZerosLike(dy)), here
				continue
			}
			parts[i] = Where(LogicalAnd(here, LogicalNot(given)), dy, ZerosLike(dy))
			given = LogicalOr(given, here)
		}
		return Concatenate([]*Node{Concatenate(parts[:2], 4), Concatenate(parts[2:], 4)}, 2)
	})
}

func maxOf4(x *Node, place func(x *Node, i int) *Node) *Node {
	return Max(Max(place(x, 0), place(x, 1)), Max(place(x, 2), place(x, 3)))
}

// MaxPool3 takes the maximum of 3x3 windows at every second place, with a border of zeros, [B, H, W, C] to [B, H/2, W/2, C], as
// ResNet does after its stem. Values must not be negative. H and W must be even.
func (n *Net) MaxPool3(name string, x *Node) *Node {
	_, h, w, _ := size(x)
	edge := PadAxis{Start: 1}
	p := Pad(x, zero(x), PadAxis{}, edge, edge, PadAxis{})
	along := func(x *Node, axis, side int) *Node { // the maximum of three neighbours
		every := func(first int) *Node { return sliceAxis(x, axis, AxisRange(first, first+side-1).Stride(2)) }
		return Max(Max(every(0), every(1)), every(2))
	}
	y := along(along(p, 1, h), 2, w)
	n.add(name, "MaxPooling2D", y, 0)
	return y
}

// Mean averages over the map: [B, H, W, C] to [B, C].
func (n *Net) Mean(name string, x *Node) *Node {
	y := ReduceMean(x, 1, 2)
	n.add(name, "GlobalAveragePooling2D", y, 0)
	return y
}

// Relu is max(x, 0), as a layer of its own in the summary.
func (n *Net) Relu(name string, x *Node) *Node {
	y := Relu(x)
	n.add(name, "Activation", y, 0)
	return y
}
