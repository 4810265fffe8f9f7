package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// UpsampleConv doubles the side of feature maps by nearest upsampling, convolves them with a 3x3 kernel, zero-padded, and adds a bias: [B, H, W, C] to
// [B, 2H, 2W, filters].
func (n *Net) UpsampleConv(name string, x *Node, filters int) *Node {
	_, _, _, c := size(x)
	kernel := n.Param(name+"/kernel", GlorotUniform(9*c, 9*filters), 3, 3, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	y := addBias(upsampleConv(x, n.normalized(name, kernel), n.form), bias, n.form)
	n.add(name, "UpSampling2D, Conv2D", y, 9*c*filters+filters)
	return y
}

func upsampleConv(x, kernel *Node, form Form) *Node {
	if form != ForCPU {
		return convReference(upsampleNearest(x), kernel, 1)
	}
	// Each of the four new positions at an old one depends on at most 2x2 old ones. So a convolution before upsampling, to four times as many channels, one set for
	// each new position, gives the same result with a quarter of the positions.
	b, h, w, c := size(x)
	filters := kernel.Shape().Dimensions[3]
	small := Dot(ConvertDType(Const(x.Graph(), [][]float64(upsampledKernel())), x.DType()), Reshape(kernel, 9, c*filters)).Product()
	small = TransposeAllAxes(Reshape(small, 4, 9, c, filters), 1, 2, 0, 3)
	y := conv(x, Reshape(small, 3, 3, c, 4*filters), 1, form)
	y = TransposeAllAxes(Reshape(y, b, h, w, 2, 2, filters), 0, 1, 3, 2, 4, 5)
	return Reshape(y, b, 2*h, 2*w, filters)
}

// upsampledKernel returns the matrix [4*9, 9] that adds up, for each of four new positions and nine old ones, the entries of a 3x3 kernel that fall on the old
// position. All are in row order.
func upsampledKernel() matrix {
	along := [2][3][3]float64{{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}}, {{0, 0, 0}, {1, 1, 0}, {0, 0, 1}}} // [new position, old position, entry] of one axis
	m := make(matrix, 36)
	for row := range m {
		position, old := row/9, row%9
		for entry := range 9 {
			m[row] = append(m[row], along[position/2][old/3][entry/3]*along[position%2][old%3][entry%3])
		}
	}
	return m
}

// AveragePool takes the mean of each 2x2 window: [B, H, W, C] to [B, H/2, W/2, C]. H and W must be even.
func (n *Net) AveragePool(name string, x *Node) *Node {
	wantEven(name, x)
	y := averagePool(x)
	n.add(name, "AveragePooling2D", y, 0)
	return y
}

// averagePool has its own gradient.
func averagePool(x *Node) *Node {
	return customGradient1(x,
		func(x *Node) *Node { return MulScalar(sum4(x), 0.25) },
		func(dy *Node) *Node { return upsampleNearest(MulScalar(dy, 0.25)) })
}

// upsampleNearest repeats each position in a window of 2x2: [B, H, W, C] to [B, 2H, 2W, C].
func upsampleNearest(x *Node) *Node {
	b, h, w, c := size(x)
	return Reshape(BroadcastToDims(Reshape(x, b, h, 1, w, 1, c), b, h, 2, w, 2, c), b, 2*h, 2*w, c)
}

// sum4 adds up each window of 2x2: [B, H, W, C] to [B, H/2, W/2, C].
func sum4(x *Node) *Node {
	b, h, w, c := size(x)
	windows := Reshape(x, b, h/2, 2, w/2, 2, c)
	slice := func(i, j int) *Node {
		return Slice(windows, AxisRange(), AxisRange(), AxisElem(i), AxisRange(), AxisElem(j))
	}
	return Reshape(Add(Add(slice(0, 0), slice(0, 1)), Add(slice(1, 0), slice(1, 1))), b, h/2, w/2, c)
}
