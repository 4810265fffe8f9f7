package layers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaxPool takes the maximum of each 2x2 window: [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even. Of equal maxima the first in row order gets the gradient,
// as in TensorFlow and PyTorch.
func (n *Net) MaxPool(name string, x *Node) *Node {
	wantEven(name, x)
	y := maxPool(x, n.form)
	n.add(name, "MaxPooling2D", y, 0)
	return y
}

// wantEven panics if maps cannot be cut into windows of 2x2.
func wantEven(name string, x *Node) {
	if _, h, w, _ := size(x); h%2 != 0 || w%2 != 0 {
		panic(fmt.Errorf("the layer %q pools maps of %dx%d, want an even height and width", name, h, w))
	}
}

func maxPool(x *Node, form Form) *Node {
	if form == Reference || form == ForExport {
		return MaxPool(x).Window(2).Done()
	}
	return maxPoolSlices(x)
}

// maxPoolSlices is max pooling as the maximum of four slices, one for each position in a window. XLA's own gradient, select-and-scatter, is slow on a CPU, and on
// a GPU it needs more kernel launches and adds in no fixed order. GoMLX's gradient of a maximum would go to every one of equal maxima, which are common on the
// data set's black background.
func maxPoolSlices(x *Node) *Node {
	b, h, w, c := size(x)
	windows := Reshape(x, b, h/2, 2, w/2, 2, c)
	slice := func(x *Node, i int) *Node { // [B, H/2, 1, W/2, 1, C]
		return Slice(x, AxisRange(), AxisRange(), AxisElem(i/2), AxisRange(), AxisElem(i%2))
	}
	forward := func(windows *Node) *Node { return Reshape(max4(windows, slice), b, h/2, w/2, c) }
	return customGradient1(windows, forward, func(dy *Node) *Node {
		dy = Reshape(dy, b, h/2, 1, w/2, 1, c)
		largest := max4(windows, slice)
		var parts [4]*Node
		var found *Node // whether an earlier position is the maximum
		for i := range parts {
			here := Equal(slice(windows, i), largest)
			if found == nil {
				parts[i], found = Where(here, dy, ZerosLike(dy)), here
				continue
			}
			parts[i] = Where(LogicalAnd(here, LogicalNot(found)), dy, ZerosLike(dy))
			found = LogicalOr(found, here)
		}
		return Concatenate([]*Node{Concatenate(parts[:2], 4), Concatenate(parts[2:], 4)}, 2)
	})
}

func max4(x *Node, slice func(x *Node, i int) *Node) *Node {
	return Max(Max(slice(x, 0), slice(x, 1)), Max(slice(x, 2), slice(x, 3)))
}

// MaxPool3 is max pooling with a 3x3 window, stride 2 and zero padding, as after ResNet's stem: [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even, and values
// must not be negative.
func (n *Net) MaxPool3(name string, x *Node) *Node {
	wantEven(name, x)
	y := maxPool3(x, n.form)
	n.add(name, "MaxPooling2D", y, 0)
	return y
}

func maxPool3(x *Node, form Form) *Node {
	if form == ForExport {
		return MaxPool(x).Window(3).Strides(2).PaddingPerDim([][2]int{{1, 0}, {1, 0}}).Done()
	}
	_, h, w, _ := size(x)
	edge := PadAxis{Start: 1}
	p := Pad(x, zero(x), PadAxis{}, edge, edge, PadAxis{})
	along := func(x *Node, axis, side int) *Node { // the maximum of three neighbours
		every := func(first int) *Node { return SliceAxis(x, axis, AxisRange(first, first+side-1).Stride(2)) }
		return Max(Max(every(0), every(1)), every(2))
	}
	return along(along(p, 1, h), 2, w)
}

// GlobalAveragePool averages each channel over all positions: [B, H, W, C] to [B, C].
func (n *Net) GlobalAveragePool(name string, x *Node) *Node {
	y := ReduceMean(x, 1, 2)
	n.add(name, "GlobalAveragePooling2D", y, 0)
	return y
}

// Relu is max(x, 0), recorded as a layer.
func (n *Net) Relu(name string, x *Node) *Node {
	y := Relu(x)
	n.add(name, "Activation", y, 0)
	return y
}
