package layers

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Conv convolves [B, H, W, C] with a 3x3 kernel, stride 1, zero padding ("same"), and adds a bias: [B, H, W, filters].
func (n *Net) Conv(name string, x *Node, filters int) *Node {
	return n.ConvStrided(name, x, filters, 3, 1)
}

// ConvStrided convolves [B, H, W, C] with a square kernel of an odd side and a stride, zero-padded by half the side, and adds a bias:
// [B, ceil(H/stride), ceil(W/stride), filters]. GlorotUniform initializes the kernel.
func (n *Net) ConvStrided(name string, x *Node, filters, side, stride int) *Node {
	_, _, _, c := size(x)
	wantOdd(name, side)
	if filters < 1 || stride < 1 {
		panic(fmt.Errorf("the layer %q has %d filters and a stride of %d, want 1 or more of both", name, filters, stride))
	}
	kernel := n.Param(name+"/kernel", GlorotUniform(side*side*c, side*side*filters), side, side, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	y := addBias(conv(x, n.normalized(name, kernel), stride, n.form), bias, n.form)
	n.add(name, "Conv2D", y, side*side*c*filters+filters)
	n.head = x
	return y
}

// wantOdd panics if a kernel has no middle, so that its border would be undefined.
func wantOdd(name string, side int) {
	if side < 1 || side%2 == 0 {
		panic(fmt.Errorf("the layer %q has a kernel of side %d, want an odd side", name, side))
	}
}

// conv chooses the way to write a convolution that is fastest for its shapes and form.
func conv(x, kernel *Node, stride int, form Form) *Node {
	_, h, w, c := size(x)
	side := kernel.Shape().Dimensions[0]
	switch {
	case form != ForCPU:
		return convReference(x, kernel, stride)
	case side == 1:
		return convPointwise(x, kernel, stride)
	case side == 3 && stride == 1 && c == 1:
		return convOneChannel(x, kernel)
	case side == 3 && stride == 1 && kernel.Shape().Dimensions[3] == 1:
		return convOneFilter(x, kernel)
	case side == 3 && stride == 1 && h*w <= 4:
		return convTiny(x, kernel)
	case side == 3 && stride == 1:
		return convWinograd(x, kernel)
	case c == 1:
		return convIm2col(x, kernel, stride)
	}
	return convReference(x, kernel, stride)
}

// convReference is GoMLX's convolution.
func convReference(x, kernel *Node, stride int) *Node {
	border := kernel.Shape().Dimensions[0] / 2
	return Convolve(x, kernel).Strides(stride).PaddingPerDim([][2]int{{border, border}, {border, border}}).Done()
}

// convPointwise is a 1x1 convolution: a matrix product.
func convPointwise(x, kernel *Node, stride int) *Node {
	if stride > 1 {
		x = Slice(x, AxisRange(), AxisRange().Stride(stride), AxisRange().Stride(stride))
	}
	b, h, w, c := size(x)
	filters := kernel.Shape().Dimensions[3]
	return Reshape(Dot(Reshape(x, b*h*w, c), Reshape(kernel, c, filters)).Product(), b, h, w, filters)
}

// convIm2col is a convolution as one matrix product of the im2col matrix with the kernel. It suits few channels.
func convIm2col(x, kernel *Node, stride int) *Node {
	b, h, w, c := size(x)
	d := kernel.Shape().Dimensions
	side, filters := d[0], d[3]
	rows, columns := (h+stride-1)/stride, (w+stride-1)/stride
	flat := Reshape(im2col(x, side, stride), b*rows*columns, side*side*c)
	return Reshape(Dot(flat, Reshape(kernel, side*side*c, filters)).Product(), b, rows, columns, filters)
}

// convTiny is a 3x3 convolution of feature maps so small that each output depends on each input: one product with a matrix that holds, for each
// pair of positions, the kernel's entry between them.
func convTiny(x, kernel *Node) *Node {
	b, h, w, c := size(x)
	filters := kernel.Shape().Dimensions[3]
	var rows []*Node
	for in := range h * w {
		var row []*Node
		for out := range h * w {
			i, j := in/w-out/w+1, in%w-out%w+1
			if i < 0 || i > 2 || j < 0 || j > 2 {
				row = append(row, Zeros(x.Graph(), shapes.Make(x.DType(), c, filters)))
				continue
			}
			row = append(row, Reshape(Slice(kernel, AxisElem(i), AxisElem(j)), c, filters))
		}
		rows = append(rows, Concatenate(row, 1))
	}
	return Reshape(Dot(Reshape(x, b, h*w*c), Concatenate(rows, 0)).Product(), b, h, w, filters)
}

// convOneChannel is a 3x3 convolution of one channel as a sum of multiply-adds, which XLA fuses into one loop. The gradients are one matrix product
// each.
func convOneChannel(x, kernel *Node) *Node {
	b, h, w, _ := size(x)
	filters := kernel.Shape().Dimensions[3]
	return customGradient([]*Node{x, kernel}, func(in []*Node) *Node {
		y := ZerosLike(BroadcastToDims(x, b, h, w, filters))
		for i, window := range shifted(in[0], 3, 1) {
			weight := Slice(in[1], AxisElem(i/3), AxisElem(i%3))
			y = Add(y, Mul(BroadcastToDims(window, b, h, w, filters), BroadcastToDims(weight, b, h, w, filters)))
		}
		return y
	}, func(dy *Node) []func() *Node {
		dy = Reshape(dy, b*h*w, filters)
		dx := func() *Node {
			return col2im(Reshape(Dot(dy, Transpose(Reshape(kernel, 9, filters), 0, 1)).Product(), b, h, w, 9))
		}
		dk := func() *Node {
			columns := Reshape(im2col(x, 3, 1), b*h*w, 9)
			return Reshape(Dot(columns, dy).General([]int{0}, nil, []int{0}, nil), 3, 3, 1, filters)
		}
		return []func() *Node{dx, dk}
	})
}

// convOneFilter is a 3x3 convolution to one channel: a matrix product gives what each position adds to its neighbours, and col2im adds it up.
func convOneFilter(x, kernel *Node) *Node {
	b, h, w, c := size(x)
	k := Transpose(Reverse(Reshape(kernel, 9, c), 0), 0, 1) // reversed, because the position above adds to the one below
	columns := Reshape(Dot(Reshape(x, b*h*w, c), k).Product(), b, h, w, 9)
	return customGradient1(columns, col2im, func(dy *Node) *Node { return im2col(dy, 3, 1) })
}

// col2im is the transpose of im2col for a 3x3 kernel and one channel: it adds each of a position's nine values, [B, H, W, 9], to the position that
// im2col took it from, [B, H, W, 1].
func col2im(columns *Node) *Node {
	_, h, w, _ := size(columns)
	border := PadAxis{Start: 1, End: 1}
	p := Pad(columns, zero(columns), PadAxis{}, border, border, PadAxis{})
	var sum *Node
	for i := range 9 {
		row, column := 2-i/3, 2-i%3
		part := Slice(p, AxisRange(), AxisRange(row, row+h), AxisRange(column, column+w), AxisElem(i))
		if sum == nil {
			sum = part
			continue
		}
		sum = Add(sum, part)
	}
	return sum
}

// im2col lays out, for each output position of a convolution, the side*side*C inputs that the kernel sees:
// [B, ceil(H/stride), ceil(W/stride), side*side*C].
func im2col(x *Node, side, stride int) *Node { return Concatenate(shifted(x, side, stride), -1) }

// shifted returns the parts of im2col: for each entry of the kernel, in row order, the input that it sees at each output position, which is a
// shifted copy of the zero-padded x, [B, ceil(H/stride), ceil(W/stride), C].
func shifted(x *Node, side, stride int) []*Node {
	_, h, w, _ := size(x)
	border := PadAxis{Start: side / 2, End: side / 2}
	p := Pad(x, zero(x), PadAxis{}, border, border, PadAxis{})
	from := func(i, length int) SliceAxisSpec { return AxisRange(i, i+(length-1)/stride*stride+1).Stride(stride) }
	var list []*Node
	for i := range side {
		for j := range side {
			list = append(list, Slice(p, AxisRange(), from(i, h), from(j, w), AxisRange()))
		}
	}
	return list
}
