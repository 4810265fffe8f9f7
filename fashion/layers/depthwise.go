package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// DepthwiseConv convolves each channel of [B, H, W, C] with its own square kernel of an odd side, zero-padded ("same"), and adds a bias:
// [B, H, W, C]. GlorotUniform initializes the kernel.
func (n *Net) DepthwiseConv(name string, x *Node, side int) *Node {
	wantOdd(name, side)
	c := x.Shape().Dimensions[3]
	kernel := n.Param(name+"/kernel", GlorotUniform(side*side, side*side), side, side, c)
	bias := n.Param(name+"/bias", Constant(0), c)
	y := addBias(depthwise(x, kernel, n.form), bias, n.form)
	n.add(name, "DepthwiseConv2D", y, side*side*c+c)
	return y
}

// maxMatrixPositions is the largest number of positions for which a depthwise convolution is a matrix product on a CPU: the matrices grow with its
// square. 256 is the first stage's feature map for images of 64x64: a training step of ConvNeXt-Tiny took 1277 ms with it, 1662 ms without (batch 64,
// two cores).
const maxMatrixPositions = 256

func depthwise(x, kernel *Node, form Form) *Node {
	_, h, w, _ := size(x)
	switch {
	case form == Reference || form == ForExport:
		return depthwiseReference(x, kernel)
	case form == ForCPU && h*w <= maxMatrixPositions:
		return depthwiseMatrix(x, kernel)
	}
	return depthwiseShifted(x, kernel, form)
}

// depthwiseReference is GoMLX's grouped convolution.
func depthwiseReference(x, kernel *Node) *Node {
	d := kernel.Shape().Dimensions
	k := Reshape(kernel, d[0], d[1], 1, d[2])
	return Convolve(x, k).ChannelGroupCount(d[2]).PadSame().Done()
}

// depthwiseMatrix multiplies each channel's feature map, as a vector, by a matrix that holds, for each pair of positions, the channel's kernel
// entry between them. The matrices in turn are the product of the kernel with a one-hot matrix.
func depthwiseMatrix(x, kernel *Node) *Node {
	b, h, w, c := size(x)
	side := kernel.Shape().Dimensions[0]
	g, p := x.Graph(), h*w
	pairs := shapes.Make(dtypes.Int32, p, p) // of an input's position and an output's
	in, out := Iota(g, pairs, 0), Iota(g, pairs, 1)
	width := Scalar(g, dtypes.Int32, w)
	row := AddScalar(Sub(Div(in, width), Div(out, width)), side/2) // of the kernel
	column := AddScalar(Sub(Mod(in, width), Mod(out, width)), side/2)
	inside := func(v *Node) *Node {
		return LogicalAnd(GreaterOrEqual(v, ScalarZero(g, v.DType())), LessThan(v, Scalar(g, dtypes.Int32, side)))
	}
	entry := Where(LogicalAnd(inside(row), inside(column)), Add(MulScalar(row, side), column), Scalar(g, dtypes.Int32, -1))
	ones := OneHot(entry, side*side, x.DType())                                          // [P, P, side*side]; all 0 for -1
	matrices := Einsum("iok,kc->cio", StopGradient(ones), Reshape(kernel, side*side, c)) // [C, P, P]
	return Reshape(Einsum("bic,cio->boc", Reshape(x, b, p, c), matrices), b, h, w, c)
}

// depthwiseShifted is a sum of multiply-adds, which XLA fuses into one loop. Its gradient with respect to the input is the same with the kernel
// reversed; that with respect to the kernel is, for each entry, a sum over all positions.
func depthwiseShifted(x, kernel *Node, form Form) *Node {
	side := kernel.Shape().Dimensions[0]
	return customGradient([]*Node{x, kernel}, func(in []*Node) *Node { return multiplyAdds(in[0], in[1]) }, func(dy *Node) []func() *Node {
		dx := func() *Node { return multiplyAdds(dy, Reverse(kernel, 0, 1)) }
		dk := func() *Node {
			var entries []*Node
			for _, window := range shifted(StopGradient(x), side, 1) {
				entries = append(entries, channelSum(Mul(window, dy), form))
			}
			return Reshape(Stack(entries, 0), kernel.Shape().Dimensions...)
		}
		return []func() *Node{dx, dk}
	})
}

// multiplyAdds adds up the shifted copies of x, each multiplied by its entry of the kernel.
func multiplyAdds(x, kernel *Node) *Node {
	side := kernel.Shape().Dimensions[0]
	var y *Node
	for i, window := range shifted(x, side, 1) {
		term := Mul(window, broadcast(Reshape(Slice(kernel, AxisElem(i/side), AxisElem(i%side)), -1), x))
		if y == nil {
			y = term
		} else {
			y = Add(y, term)
		}
	}
	return y
}
