package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Resize enlarges images by bilinear interpolation: [B, H, W, C] to [B, height, width, C]. Pixel i of n new ones has its centre at (i+1/2)/n of the side; beyond
// the centres of the outermost old pixels their values are repeated, as in Keras and PyTorch. It is one matrix product for each axis.
func Resize(x *Node, height, width int) *Node {
	_, h, w, _ := size(x)
	rows, columns := interpolation(x, h, height), interpolation(x, w, width)
	return Einsum("bHwc,Ww->bHWc", Einsum("bhwc,Hh->bHwc", x, rows), columns)
}

// interpolation returns the matrix [to, from] of the weights of the old pixels of an axis in the new ones.
func interpolation(x *Node, from, to int) *Node {
	weights := make([]float32, to*from)
	for i := range to {
		position := (float64(i)+0.5)*float64(from)/float64(to) - 0.5
		position = min(max(position, 0), float64(from-1))
		low := min(int(position), max(from-2, 0))
		fraction := position - float64(low)
		weights[i*from+low] += float32(1 - fraction)
		if fraction > 0 {
			weights[i*from+low+1] += float32(fraction)
		}
	}
	return ConvertDType(ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(weights, to, from)), x.DType())
}
