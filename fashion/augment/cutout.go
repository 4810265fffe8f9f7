package augment

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/recipes"
)

// Patch is an erased rectangle: its sides and the position of its top left corner, as fractions of the image's sides. The zero value erases nothing.
type Patch struct {
	Top    float64 `json:"top"`
	Left   float64 `json:"left"`
	Height float64 `json:"height"`
	Width  float64 `json:"width"`
	Noise  uint16  `json:"noise"` // seed of the grey values, if they are random
}

func (p *Parameters) drawPatches(r *rand.Rand, c recipes.Cutout) {
	for range c.Count {
		erased := r.Float64() < c.Probability
		h, w := math.Sqrt(uniform(r, c.Scale)), math.Sqrt(uniform(r, c.Scale))
		patch := Patch{Top: r.Float64() * (1 - h), Left: r.Float64() * (1 - w), Height: h, Width: w, Noise: uint16(r.Uint32())}
		if !erased {
			patch = Patch{}
		}
		p.Patches = append(p.Patches, patch)
	}
}

const patchColumns = 5

func (p Patch) appendRow(row []float32, h, w float64) []float32 {
	return append(row, float32(p.Top*h), float32((p.Top+p.Height)*h), float32(p.Left*w), float32((p.Left+p.Width)*w), float32(p.Noise))
}

// cutout erases a patch of each of the images [B, H, W, C]. Patches are [B, 5]: first row, end of rows, first column, end of columns, in pixels, and the seed of
// the noise, an integer.
func cutout(images, patches *Node, c recipes.Cutout) *Node {
	column := func(i int) *Node { return perImage(Slice(patches, AxisRange(), AxisRange(i, i+1))) }
	erased := LogicalAnd(within(images, 1, column, 0), within(images, 2, column, 2))
	filler := MulScalar(OnesLike(images), c.FillValue)
	if c.Fill == "noise" {
		filler = uniformNoise(images, column(4))
	}
	return Where(BroadcastToShape(erased, images.Shape()), filler, images)
}

// within reports for the pixels along an axis of images [B, H, W, C] whether their position is in an interval: from the value of number i on, and below the next one.
func within(images *Node, axis int, value func(i int) *Node, i int) *Node {
	shape := shapes.Make(images.DType(), 1, 1, 1, 1)
	shape.Dimensions[axis] = images.Shape().Dimensions[axis]
	pixel := Iota(images.Graph(), shape, axis)
	return LogicalAnd(GreaterOrEqual(pixel, value(i)), LessThan(pixel, value(i+1)))
}
