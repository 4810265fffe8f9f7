package layers

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/internal/winograd"
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

// convWinograd is a 3x3 convolution with stride 1 and zero padding. Its 36 products per tile are one batched matrix product over tiles and channels. The gradient with respect to the input is the
// convolution of the output's gradient with the reversed kernel; that with respect to the kernel is a batched product too. Package winograd computes both in C, in half of XLA's time or less; XLA
// does it where that package cannot.
func convWinograd(x, kernel *Node) *Node {
	c, filters := kernel.Shape().Dimensions[2], kernel.Shape().Dimensions[3]
	return customGradient([]*Node{x, kernel}, func(in []*Node) *Node {
		return winogradConvolution(in[0], transformed(in[1]))
	}, func(dy *Node) []func() *Node {
		dx := func() *Node { return winogradConvolution(dy, transformed(Transpose(Reverse(kernel, 0, 1), 2, 3))) }
		dk := func() *Node {
			g := Reshape(winogradKernelGradient(x, dy), 36, c*filters)
			return Reshape(Dot(kernelTransform(kernel, true), g).Product(), 3, 3, c, filters)
		}
		return []func() *Node{dx, dk}
	})
}

// transformed are the products' right factors of a kernel [3, 3, C, filters]: [36, C, filters].
func transformed(kernel *Node) *Node {
	c, filters := kernel.Shape().Dimensions[2], kernel.Shape().Dimensions[3]
	return Reshape(Dot(kernelTransform(kernel, false), Reshape(kernel, 9, c*filters)).Product(), 36, c, filters)
}

// winogradConvolution convolves x, [B, H, W, C], with transformed kernels, [36, C, filters].
func winogradConvolution(x, kernels *Node) *Node {
	return replaceable(winograd.Convolution, x, kernels, func(x, kernels *Node) *Node {
		_, h, w, _ := size(x)
		return joinTiles(product(splitTiles(x, winogradB.transposed(), 1), 2, kernels, 1), h, w, winogradA.transposed())
	})
}

// winogradKernelGradient is the gradient of transformed kernels, [36, C, filters], from that of the output, [B, H, W, filters].
func winogradKernelGradient(x, dy *Node) *Node {
	return replaceable(winograd.KernelGradient, x, dy, func(x, dy *Node) *Node {
		return product(splitTiles(x, winogradB.transposed(), 1), 1, splitTiles(dy, winogradA, 0), 1)
	})
}

// replaceable calls f as a function of the graph, whose body package winograd may replace if it can: in single precision, for multiples of its channels.
func replaceable(name string, a, b *Node, f func(a, b *Node) *Node) *Node {
	g, channels := a.Graph(), b.Shape().Dimensions[b.Rank()-1]
	if !g.Backend().Capabilities().Functions || a.DType() != dtypes.Float32 || a.Shape().Dimensions[3]%winograd.Multiple != 0 || channels%winograd.Multiple != 0 {
		return f(a, b)
	}
	return NewFunction(g, fmt.Sprintf("%s%d_%d", name, a.Id(), b.Id()), func(g *Graph) []*Node {
		return []*Node{f(Parameter(g, "a", a.Shape()), Parameter(g, "b", b.Shape()))}
	}).Call(a, b)[0]
}

// A function's own gradient is nowhere used: convWinograd has its own.
func init() {
	VJPRegistration[NodeTypeCall] = func(node *Node, _ []*Node, _ shapes.Shape) (zeros []*Node) {
		if !strings.Contains(node.String(), winograd.Prefix) {
			panic(fmt.Errorf("%s: functions of a graph have no gradient", node))
		}
		for _, in := range node.Inputs() {
			zeros = append(zeros, ZerosLike(in))
		}
		return zeros
	}
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
	x = Pad(x, constant(x, 0), PadAxis{}, edge(h, rows), edge(w, columns), PadAxis{})
	x = Stack(m.times(func(i int) *Node { return everyFourth(x, 1, i, rows) }), 0)    // [6, B, rows, W, C]
	x = Stack(m.times(func(i int) *Node { return everyFourth(x, 3, i, columns) }), 0) // [6, 6, B, rows, columns, C]
	return Reshape(x, 36, b*rows*columns, c)
}

// joinTiles transforms the columns and the rows of tiles, [36, tiles, C], from six to four by m, and joins the 4x4 outputs of the tiles: [B, H, W, C].
func joinTiles(x *Node, h, w int, m matrix) *Node {
	rows, columns, c := tiles(h), tiles(w), x.Shape().Dimensions[2]
	x = Reshape(x, 6, 6, -1, rows, columns, c)
	b := x.Shape().Dimensions[2]
	x = Stack(m.times(func(i int) *Node { return Reshape(Slice(x, AxisElem(i)), 6, b, rows, columns, c) }), 4)
	x = Reshape(x, 6, b, rows, 4*columns, c)
	x = Stack(m.times(func(i int) *Node { return Reshape(Slice(x, AxisElem(i)), b, rows, 4*columns, c) }), 2)
	x = Reshape(x, b, 4*rows, 4*columns, c)
	return Slice(x, AxisRange(), AxisRange(0, h), AxisRange(0, w))
}

// constant is a scalar in a node's type. GoMLX's own scalars are shared by all functions of a graph, which no function of XLA can do.
func constant(like *Node, v float64) *Node {
	return Const(like.Graph(), shapes.CastAsDType(v, like.DType()))
}

func scaled(x *Node, by float64) *Node { return Mul(x, constant(x, by)) }

// tiles is the number of tiles on a side.
func tiles(side int) int { return (side + 3) / 4 }

// everyFourth takes every fourth element of an axis, n in all.
func everyFourth(x *Node, axis, first, n int) *Node {
	return SliceAxis(x, axis, AxisRange(first, first+4*(n-1)+1).Stride(4))
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
				out[i] = scaled(term, v)
			case v < 0:
				out[i] = Sub(out[i], scaled(term, -v))
			default:
				out[i] = Add(out[i], scaled(term, v))
			}
		}
	}
	return out
}
