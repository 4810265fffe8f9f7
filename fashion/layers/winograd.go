package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// matrix is a small constant matrix, rows first.
type matrix [][]float64

// The transforms F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), section
// 4.3: a tile of 6x6 inputs d and a 3x3 kernel g give 4x4 outputs as A^T [(G g G^T) * (B^T d B)] A, where * multiplies
// element by element: 36 products instead of 144.
var (
	winogradB = matrix{{4, 0, 0, 0, 0, 0}, {0, -4, 4, -2, 2, 4}, {-5, -4, -4, -1, -1, 0}, {0, 1, -1, 2, -2, -5}, {1, 1, 1, 1, 1, 0}, {0, 0, 0, 0, 0, 1}}
	winogradG = matrix{{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}}
	winogradA = matrix{{1, 0, 0, 0}, {1, 1, 1, 1}, {1, -1, 1, -1}, {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1}}
)

// convWinograd is a 3x3 convolution with stride 1 and zero padding. Its 36 products per tile are one batched matrix product over tiles and channels. So are those
// of both gradients, which are the transposes of the same three steps.
func convWinograd(x, kernel *Node) *Node {
	_, h, w, c := size(x)
	filters := kernel.Shape().Dimensions[3]
	var inputs, kernels *Node // in the transformed domain: [36, tiles, C], [36, C, filters]
	return customGradient([]*Node{x, kernel}, func(in []*Node) *Node {
		inputs = splitTiles(in[0], winogradB.transposed(), 1)
		kernels = Reshape(Dot(kernelTransform(kernel, false), Reshape(in[1], 9, c*filters)).Product(), 36, c, filters)
		return joinTiles(product(inputs, 2, kernels, 1), h, w, func(_ int, part func(i int) *Node) []*Node {
			return winogradA.transposed().times(part)
		})
	}, func(dy *Node) []func() *Node {
		errors := splitTiles(dy, winogradA, 0) // [36, tiles, filters]
		dx := func() *Node {
			return joinTiles(product(errors, 2, kernels, 2), h, w, func(axis int, part func(i int) *Node) []*Node {
				t := winogradB.times(part) // six positions of a tile; 0 and 5 are positions 4 and 1 of its neighbours
				return []*Node{Add(t[1], shift(t[5], axis, 1)), t[2], t[3], Add(t[4], shift(t[0], axis, -1))}
			})
		}
		dk := func() *Node {
			g := Reshape(product(inputs, 1, errors, 1), 36, c*filters)
			return Reshape(Dot(kernelTransform(kernel, true), g).Product(), 3, 3, c, filters)
		}
		return []func() *Node{dx, dk}
	})
}

// product multiplies 36 pairs of matrices, [36, ...] each, contracting an axis of the left ones with one of the right.
func product(left *Node, leftAxis int, right *Node, rightAxis int) *Node {
	return Dot(left, right).General([]int{leftAxis}, []int{0}, []int{rightAxis}, []int{0})
}

// kernelTransform returns the matrix [36, 9] from g to G g G^T, both flattened, or its transpose. The 36 are in column order, the 9 in row order.
func kernelTransform(like *Node, transposed bool) *Node {
	m := make(matrix, 36)
	for column := range 6 {
		for row := range 6 {
			for i := range 9 {
				m[column*6+row] = append(m[column*6+row], winogradG[row][i/3]*winogradG[column][i%3])
			}
		}
	}
	if transposed {
		m = m.transposed()
	}
	return ConvertDType(Const(like.Graph(), [][]float64(m)), like.DType())
}

// splitTiles pads [B, H, W, C] with zeros by border, cuts it into the tiles of 4x4 outputs each and transforms their rows and columns by m: [36, tiles, C].
func splitTiles(x *Node, m matrix, border int) *Node {
	b, h, w, c := size(x)
	rows, columns := tiles(h), tiles(w)
	edge := func(side, tiles int) PadAxis { return PadAxis{Start: border, End: 4*tiles + border - side} }
	x = Pad(x, zero(x), PadAxis{}, edge(h, rows), edge(w, columns), PadAxis{})
	x = Stack(m.times(func(i int) *Node { return everyFourth(x, 1, i, rows) }), 0)    // [6, B, rows, W, C]
	x = Stack(m.times(func(i int) *Node { return everyFourth(x, 3, i, columns) }), 0) // [6, 6, B, rows, columns, C]
	return Reshape(x, 36, b*rows*columns, c)
}

// joinTiles transforms the columns and the rows of tiles, [36, tiles, C], by a function from six parts to four, and joins the 4x4 outputs of the tiles:
// [B, H, W, C].
func joinTiles(x *Node, h, w int, transform func(axis int, part func(i int) *Node) []*Node) *Node {
	rows, columns, c := tiles(h), tiles(w), x.Shape().Dimensions[2]
	x = Reshape(x, 6, 6, -1, rows, columns, c)
	b := x.Shape().Dimensions[2]
	x = Stack(transform(3, func(i int) *Node { return Reshape(Slice(x, AxisElem(i)), 6, b, rows, columns, c) }), 4)
	x = Reshape(x, 6, b, rows, 4*columns, c)
	x = Stack(transform(1, func(i int) *Node { return Reshape(Slice(x, AxisElem(i)), b, rows, 4*columns, c) }), 2)
	x = Reshape(x, b, 4*rows, 4*columns, c)
	return Slice(x, AxisRange(), AxisRange(0, h), AxisRange(0, w))
}

// tiles is the number of tiles on a side.
func tiles(side int) int { return (side + 3) / 4 }

// everyFourth takes every fourth element of an axis, n in all.
func everyFourth(x *Node, axis, first, n int) *Node {
	return SliceAxis(x, axis, AxisRange(first, first+4*(n-1)+1).Stride(4))
}

// shift moves the elements of an axis up by one (1) or down by one (-1), and fills with zeros.
func shift(x *Node, axis, by int) *Node {
	n := x.Shape().Dimensions[axis]
	pads := make([]PadAxis, x.Rank())
	pads[axis] = PadAxis{Start: max(0, by), End: max(0, -by)}
	first := max(0, -by)
	return SliceAxis(Pad(x, zero(x), pads...), axis, AxisRange(first, first+n))
}

func (m matrix) transposed() matrix {
	t := make(matrix, len(m[0]))
	for i := range t {
		for j := range m {
			t[i] = append(t[i], m[j][i])
		}
	}
	return t
}

// times multiplies the matrix by a vector of parts.
func (m matrix) times(part func(i int) *Node) []*Node {
	parts := make([]*Node, len(m[0]))
	for i := range parts {
		parts[i] = part(i)
	}
	out := make([]*Node, len(m))
	for i, row := range m {
		for j, v := range row {
			switch term := parts[j]; {
			case v == 0:
			case out[i] == nil:
				out[i] = MulScalar(term, v)
			case v < 0:
				out[i] = Sub(out[i], MulScalar(term, -v))
			default:
				out[i] = Add(out[i], MulScalar(term, v))
			}
		}
	}
	return out
}
