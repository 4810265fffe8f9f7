package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Resize enlarges images [B, H, W, C] to [B, height, width, C], bilinear: the centre of a new pixel lies where its share of the
// side is, and beyond the centres of the outermost pixels their values hold on, as in Keras's and PyTorch's resizing. It is a product with a
// matrix for each axis.
func Resize(x *Node, height, width int) *Node {
	_, h, w, _ := size(x)
	rows, columns := interpolation(x, h, height), interpolation(x, w, width)
	return Einsum("bHwc,Ww->bHWc", Einsum("bhwc,Hh->bHwc", x, rows), columns)
}

// interpolation is the matrix [to, from] of the weights of a side's pixels in the new ones.
func interpolation(x *Node, from, to int) *Node {
	weights := make([]float32, to*from)
	for i := range to {
		place := (float64(i)+0.5)*float64(from)/float64(to) - 0.5
		place = min(max(place, 0), float64(from-1))
		low := min(int(place), max(from-2, 0))
		share := place - float64(low)
		weights[i*from+low] += float32(1 - share)
		if share > 0 {
			weights[i*from+low+1] += float32(share)
		}
	}
	return ConvertDType(ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(weights, to, from)), x.DType())
}
