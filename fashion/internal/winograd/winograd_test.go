package winograd_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/internal/winograd"
	"fashionlab/fashion/internal/winograd/winogradtest"
)

var shapes = []winogradtest.Shape{shape(1, 1, 1, 16, 16), shape(3, 4, 4, 32, 16), shape(2, 7, 7, 16, 48), shape(3, 14, 14, 32, 64), shape(1, 28, 28, 16, 32), shape(2, 5, 9, 48, 16), shape(40, 4, 4, 16, 16)}

func shape(images, height, width, in, out int) winogradtest.Shape {
	return winogradtest.Shape{Images: images, Height: height, Width: width, In: in, Out: out}
}

// sets are the instruction sets of this processor, or the test is skipped.
func sets(t *testing.T) []winogradtest.Set {
	list := winogradtest.Sets()
	if len(list) == 0 {
		t.Skip("the functions are not written for this processor")
	}
	return list
}

// g is the matrix G of F(4x4, 3x3).
var g = [6][3]float64{{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}}

// transformed are kernels [3, 3, in, out] as G k G^T, the 36 values in column order: [36, in, out].
func transformed(k []float32, pairs int) []float32 {
	u := make([]float32, 36*pairs)
	for i := range u {
		column, row, sum := i/pairs/6, i/pairs%6, 0.0
		for tap := range 9 {
			sum += g[row][tap/3] * g[column][tap%3] * float64(k[tap*pairs+i%pairs])
		}
		u[i] = float32(sum)
	}
	return u
}

// each calls f for each pair of a position of the output and one of the input that a kernel's tap joins: their offsets in maps of one channel.
func each(s winogradtest.Shape, f func(tap, out, in int)) {
	for i := range s.Images * s.Height * s.Width {
		row, column := i/s.Width%s.Height, i%s.Width
		for tap := range 9 {
			if r, c := row+tap/3-1, column+tap%3-1; r >= 0 && r < s.Height && c >= 0 && c < s.Width {
				f(tap, i, i+(tap/3-1)*s.Width+tap%3-1)
			}
		}
	}
}

// near compares values with sums of n products of normal numbers.
func near(t *testing.T, what string, got []float32, want []float64, n int) {
	t.Helper()
	for i, v := range got {
		if d := math.Abs(float64(v) - want[i]); !(d <= 2e-6*math.Sqrt(float64(n))*10) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, v, want[i])
		}
	}
}

func TestConvolutionIsTheSumOverTheKernel(t *testing.T) {
	for _, set := range sets(t) {
		for _, s := range shapes {
			x, k := winogradtest.Normal(s.Images*s.Height*s.Width*s.In, 1), winogradtest.Normal(9*s.In*s.Out, 2)
			want := make([]float64, s.Images*s.Height*s.Width*s.Out)
			each(s, func(tap, out, in int) {
				for c := range s.In {
					for f := range s.Out {
						want[out*s.Out+f] += float64(x[in*s.In+c]) * float64(k[(tap*s.In+c)*s.Out+f])
					}
				}
			})
			whole := set.Convolve(s, 1, x, transformed(k, s.In*s.Out))
			near(t, fmt.Sprintf("%s %+v", set.Name, s), whole, want, 9*s.In)
			if parts := set.Convolve(s, 5, x, transformed(k, s.In*s.Out)); !slices.Equal(parts, whole) {
				t.Errorf("%s %+v: five parts differ from the whole", set.Name, s)
			}
		}
	}
}

// The gradient of a kernel is G^T e G, of the gradient e of the transformed one.
func TestKernelGradientIsTheSumOverAllPositions(t *testing.T) {
	for _, set := range sets(t) {
		for _, s := range shapes {
			pairs := s.In * s.Out
			x, dy := winogradtest.Normal(s.Images*s.Height*s.Width*s.In, 1), winogradtest.Normal(s.Images*s.Height*s.Width*s.Out, 2)
			want := make([]float64, 9*pairs)
			each(s, func(tap, out, in int) {
				for c := range s.In {
					for f := range s.Out {
						want[tap*pairs+c*s.Out+f] += float64(x[in*s.In+c]) * float64(dy[out*s.Out+f])
					}
				}
			})
			for _, parts := range []int{1, 2, 3} {
				got := make([]float32, 9*pairs)
				for part := range parts {
					for i, v := range set.KernelGradient(s, part, parts, x, dy) {
						for tap := range 9 {
							got[tap*pairs+i%pairs] += float32(g[i/pairs%6][tap/3] * g[i/pairs/6][tap%3] * float64(v))
						}
					}
				}
				near(t, fmt.Sprintf("%s %+v in %d parts", set.Name, s, parts), got, want, s.Images*s.Height*s.Width)
			}
		}
	}
}

// All fuse multiplication and addition and add in the same order.
func TestInstructionSetsAgreeBitForBit(t *testing.T) {
	list := sets(t)
	for _, s := range shapes {
		x, u, dy := winogradtest.Normal(s.Images*s.Height*s.Width*s.In, 1), winogradtest.Normal(36*s.In*s.Out, 2), winogradtest.Normal(s.Images*s.Height*s.Width*s.Out, 3)
		for _, other := range list[1:] {
			if !slices.Equal(list[0].Convolve(s, 1, x, u), other.Convolve(s, 1, x, u)) || !slices.Equal(list[0].KernelGradient(s, 0, 1, x, dy), other.KernelGradient(s, 0, 1, x, dy)) {
				t.Errorf("%+v: %s and %s differ", s, list[0].Name, other.Name)
			}
		}
	}
}

const program = `module @name {
  func.func @main(%x: tensor<2x8x8x16xf32>, %k: tensor<36x16x32xf32>) -> tensor<2x8x8x32xf32> {
    %0 = "stablehlo.call"(%x, %k) { callee = @winograd_convolution_1_2 } : (tensor<2x8x8x16xf32>, tensor<36x16x32xf32>) -> tensor<2x8x8x32xf32>
    "stablehlo.return"(%0) : (tensor<2x8x8x32xf32>) -> ()
  }

  func.func @winograd_convolution_1_2(%a: tensor<2x8x8x16xf32>, %b: tensor<36x16x32xf32>) -> tensor<2x8x8x32xf32> {
    %0 = "stablehlo.many"(%a, %b) ({
      ^first:
    })
    "stablehlo.return"(%0) : (tensor<2x8x8x32xf32>) -> ()
  }

  func.func @other(%a: tensor<1xf32>) -> tensor<1xf32> {
    "stablehlo.return"(%a) : (tensor<1xf32>) -> ()
  }
}
`

const rewritten = `  func.func @winograd_convolution_1_2(%a: tensor<2x8x8x16xf32>, %b: tensor<36x16x32xf32>) -> tensor<2x8x8x32xf32> {
    %result = "stablehlo.custom_call"(%a, %b) {call_target_name = "winograd_convolution_", api_version = 4 : i32, backend_config = {}} : (tensor<2x8x8x16xf32>, tensor<36x16x32xf32>) -> tensor<2x8x8x32xf32>
    "stablehlo.return"(%result) : (tensor<2x8x8x32xf32>) -> ()
  }
`

func TestOnlyTheBodiesOfOurFunctionsAreReplaced(t *testing.T) {
	ours, other := strings.Index(program, "  func.func @winograd"), strings.Index(program, "  func.func @other")
	before, after := program[:ours], program[other:]
	if got, want := string(winograd.Rewrite([]byte(program))), before+rewritten+"\n"+after; got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
	for _, without := range []string{"", before, program[:ours+200]} {
		if got := string(winograd.Rewrite([]byte(without))); got != without {
			t.Errorf("a program without a whole function of ours is changed to\n%s", got)
		}
	}
}
