package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// UpsampleConv doubles the side of maps, each value four times, and convolves them with a 3x3 kernel, zero padding, and adds a bias: [B, H, W, C] to
// [B, 2H, 2W, filters].
func (n *Net) UpsampleConv(name string, x *Node, filters int) *Node {
	_, _, _, c := size(x)
	kernel := n.Param(name+"/kernel", GlorotUniform(9*c, 9*filters), 3, 3, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	y := addBias(upsampleConv(x, n.bounded(name, kernel), n.form), bias, n.form)
	n.add(name, "UpSampling2D, Conv2D", y, 9*c*filters+filters)
	return y
}

func upsampleConv(x, kernel *Node, form Form) *Node {
	if form != ForCPU {
		return convPlain(fourfold(x), kernel, 1)
	}
	// Each of the four new places of an old one sees at most 2x2 old ones: a convolution of the small maps to four times as many channels, one set for each,
	// does the same without the large maps.
	b, h, w, c := size(x)
	filters := kernel.Shape().Dimensions[3]
	small := Dot(ConvertDType(Const(x.Graph(), [][]float64(placesSeen)), x.DType()), Reshape(kernel, 9, c*filters)).Product()
	small = TransposeAllAxes(Reshape(small, 4, 9, c, filters), 1, 2, 0, 3)
	y := conv(x, Reshape(small, 3, 3, c, 4*filters), 1, form)
	y = TransposeAllAxes(Reshape(y, b, h, w, 2, 2, filters), 0, 1, 3, 2, 4, 5)
	return Reshape(y, b, 2*h, 2*w, filters)
}

// placesSeen is the matrix from a kernel's nine entries to the nine old places that each of the four new ones sees, [36, 9], all in row order: an entry counts where it falls
// on the old place.
var placesSeen = func() matrix {
	along := [2][3][3]float64{{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}}, {{0, 0, 0}, {1, 1, 0}, {0, 0, 1}}} // new place, old place, entry
	m := make(matrix, 36)
	for row := range m {
		place, old := row/9, row%9
		for entry := range 9 {
			m[row] = append(m[row], along[place/2][old/3][entry/3]*along[place%2][old%3][entry%3])
		}
	}
	return m
}()

// AveragePool takes the mean of each 2x2 window: [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even.
func (n *Net) AveragePool(name string, x *Node) *Node {
	y := averagePool(x)
	n.add(name, "AveragePooling2D", y, 0)
	return y
}

// averagePool is the mean of windows; its gradient is written out.
func averagePool(x *Node) *Node {
	return customGradient1(x,
		func(x *Node) *Node { return MulScalar(sumOf4(x), 0.25) },
		func(dy *Node) *Node { return fourfold(MulScalar(dy, 0.25)) })
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
