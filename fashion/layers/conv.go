package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Conv convolves [B, H, W, C] with a 3x3 kernel, stride 1, zero padding ("same"), and adds a bias: [B, H, W, filters].
func (n *Net) Conv(name string, x *Node, filters int) *Node {
	return n.ConvStrided(name, x, filters, 3, 1)
}

// ConvStrided convolves [B, H, W, C] with a square kernel of an odd side, taking every stride-th place, with a border of zeros of
// half the side, and adds a bias: [B, ceil(H/stride), ceil(W/stride), filters].
func (n *Net) ConvStrided(name string, x *Node, filters, side, stride int) *Node {
	_, _, _, c := size(x)
	kernel := n.Param(name+"/kernel", GlorotUniform(side*side*c, side*side*filters), side, side, c, filters)
	bias := n.Param(name+"/bias", Constant(0), filters)
	y := addBias(conv(x, n.bounded(name, kernel), stride, n.form), bias, n.form)
	n.add(name, "Conv2D", y, side*side*c*filters+filters)
	return y
}

func conv(x, kernel *Node, stride int, form Form) *Node {
	_, h, w, c := size(x)
	side := kernel.Shape().Dimensions[0]
	switch {
	case form != ForCPU:
		return convPlain(x, kernel, stride)
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
		return convColumns(StopGradient(x), kernel, stride)
	}
	return convPlain(x, kernel, stride)
}

func convPlain(x, kernel *Node, stride int) *Node {
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

// convColumns is a convolution as one matrix product of all windows, side by side, with the kernel. It suits few channels.
func convColumns(x, kernel *Node, stride int) *Node {
	b, h, w, c := size(x)
	d := kernel.Shape().Dimensions
	side, filters := d[0], d[3]
	rows, columns := (h+stride-1)/stride, (w+stride-1)/stride
	flat := Reshape(Concatenate(windows(x, side, stride), -1), b*rows*columns, side*side*c)
	return Reshape(Dot(flat, Reshape(kernel, side*side*c, filters)).Product(), b, rows, columns, filters)
}

// convTiny is a 3x3 convolution of maps so small that each output sees each input: one matrix product whose matrix holds, for each
// pair of places, the kernel's entry between them.
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

// convOneChannel is a convolution of images of one channel as a sum of multiply-adds, which XLA fuses into one loop. The gradients
// are one matrix product each.
func convOneChannel(x, kernel *Node) *Node {
	b, h, w, _ := size(x)
	filters := kernel.Shape().Dimensions[3]
	return customGradient([]*Node{x, kernel}, func(in []*Node) *Node {
		y := ZerosLike(BroadcastToDims(x, b, h, w, filters))
		for i, window := range windows(in[0], 3, 1) {
			weight := Slice(in[1], AxisElem(i/3), AxisElem(i%3))
			y = Add(y, Mul(BroadcastToDims(window, b, h, w, filters), BroadcastToDims(weight, b, h, w, filters)))
		}
		return y
	}, func(dy *Node) []func() *Node {
		dy = Reshape(dy, b*h*w, filters)
		dx := func() *Node {
			return overlay(Reshape(Dot(dy, Transpose(Reshape(kernel, 9, filters), 0, 1)).Product(), b, h, w, 9))
		}
		dk := func() *Node {
			columns := Reshape(Concatenate(windows(x, 3, 1), -1), b*h*w, 9)
			return Reshape(Dot(columns, dy).General([]int{0}, nil, []int{0}, nil), 3, 3, 1, filters)
		}
		return []func() *Node{dx, dk}
	})
}

// convOneFilter is a convolution to one channel: a matrix product gives what each place adds to its neighbours.
func convOneFilter(x, kernel *Node) *Node {
	b, h, w, c := size(x)
	k := Transpose(Reverse(Reshape(kernel, 9, c), 0), 0, 1) // the place above adds to the one below
	columns := Reshape(Dot(Reshape(x, b*h*w, c), k).Product(), b, h, w, 9)
	return customGradient1(columns, overlay, func(dy *Node) *Node { return Concatenate(windows(dy, 3, 1), -1) })
}

// overlay is the transpose of windows of side 3, side by side: it adds each of a place's nine values, [B, H, W, 9], where its window took it
// from, [B, H, W, 1].
func overlay(columns *Node) *Node {
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

// windows returns what each place of a kernel sees of the padded x, [B, ceil(H/stride), ceil(W/stride), C] each, in row order.
func windows(x *Node, side, stride int) []*Node {
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
