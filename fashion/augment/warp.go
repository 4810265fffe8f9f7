package augment

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// warp resamples images [B, H, W, C] by matrices [B, 6]: the pixel at (x, y) becomes the image's value at (m0*x + m1*y + m2, m3*x + m4*y + m5). Interpolation is ""
// or "bilinear", or "nearest". Positions outside the image have, by fill, a value ("" or "constant"), the value of the closest pixel ("nearest"), or those of the
// image mirrored at its edge ("reflect": cba|abc|cba) or repeated ("wrap").
//
// Gathering single pixels is slow on every backend. Instead, interpolation along an axis is a product with weights, the hat function max(0, 1-|position-pixel|) for
// every pixel of that axis: along the width a matrix product, along the height a sum that the compiler fuses with the weights.
func warp(images, matrices *Node, interpolation, fill string, value float64) *Node {
	d := images.Shape().Dimensions
	b, h, w, c := d[0], d[1], d[2], d[3]
	grid := shapes.Make(images.DType(), 1, h, w)
	x, y := Iota(images.Graph(), grid, 2), Iota(images.Graph(), grid, 1)
	coefficient := func(i int) *Node { return Reshape(Slice(matrices, AxisRange(), AxisRange(i, i+1)), b, 1, 1) }
	weights := func(i, size int) *Node { // [B, H*W, size]
		p := Add(Add(Mul(coefficient(i), x), Mul(coefficient(i+1), y)), coefficient(i+2))
		if interpolation == "nearest" {
			p = Round(p)
		}
		return hat(Reshape(p, b, h*w), size, fill)
	}
	constant := (fill == "" || fill == "constant") && value != 0
	if constant {
		images = AddScalar(images, -value)
	}
	columns := Dot(weights(0, w), images).General([]int{2}, []int{0}, []int{2}, []int{0}) // [B, H*W, H, C]
	out := ReduceSum(Mul(columns, ExpandAxes(weights(3, h), -1)), 2)
	if constant {
		out = AddScalar(out, value)
	}
	return Reshape(out, b, h, w, c)
}

// hat returns the weight of each pixel of an axis in the interpolation at positions [B, P]: [B, P, size].
func hat(positions *Node, size int, fill string) *Node {
	end := float64(size)
	switch fill {
	case "nearest":
		positions = ClipScalar(positions, 0, end-1)
	case "reflect": // a triangle wave with a period of twice the axis, which is lowest at -1/2
		positions = ClipScalar(AddScalar(Neg(Abs(AddScalar(modulo(AddScalar(positions, 0.5), 2*end), -end))), end-0.5), 0, end-1)
	case "wrap":
		positions = modulo(positions, end)
	}
	pixel := Iota(positions.Graph(), shapes.Make(positions.DType(), 1, 1, size), 2)
	distance := Abs(Sub(ExpandAxes(positions, -1), pixel))
	if fill == "wrap" { // the first and the last pixel are neighbours
		distance = Min(distance, AddScalar(Neg(distance), end))
	}
	return Max(OneMinus(distance), ScalarZero(positions.Graph(), positions.DType()))
}

// modulo is the remainder in [0, m).
func modulo(p *Node, m float64) *Node { return Sub(p, MulScalar(Floor(DivScalar(p, m)), m)) }
