package augment

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// blur applies a Gaussian blur of the standard deviations [B, 1], in pixels, to images [B, H, W, C]. A pixel becomes the mean of its column and then of its row, weighted by the
// normal density of the distance. What lies outside an image has no weight, so that a plain image stays as it is.
func blur(images, deviations *Node) *Node {
	d := images.Shape().Dimensions
	images = Einsum("bij,bjwc->biwc", gaussian(deviations, d[1]), images)
	return clip(Einsum("bij,bhjc->bhic", gaussian(deviations, d[2]), images))
}

// leastBlur is a standard deviation, in pixels, at which the weight of a neighbour is less than the rounding of float32: 0 is taken for it.
const leastBlur = 0.1

// gaussian returns the weights [B, N, N] of the pixels of a line, by the standard deviations [B, 1]: each row sums to 1 and is largest at its own pixel.
func gaussian(deviations *Node, n int) *Node {
	line := shapes.Make(deviations.DType(), 1, n, n)
	distance := Sub(Iota(deviations.Graph(), line, 1), Iota(deviations.Graph(), line, 2))
	deviation := MaxScalar(Reshape(deviations, -1, 1, 1), leastBlur)
	weights := Exp(MulScalar(Square(Div(distance, deviation)), -0.5))
	return Div(weights, ReduceAndKeep(weights, ReduceSum, 2))
}
