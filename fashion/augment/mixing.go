package augment

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/recipes"
)

// Mix is how a batch's images are mixed with others, by mixup or CutMix (see recipes.Regularization). Inside a rectangle, in pixels, an image has the grey values of the other;
// outside, it is Pixels times itself plus 1-Pixels times the other. Its own label has the weight Kept, the other's 1-Kept.
type Mix struct {
	Kept, Pixels             float64
	Top, Bottom, Left, Right int // first row, end of rows, first column, end of columns
}

// MixColumns is the number of values of a Mix in a graph.
const MixColumns = 6

// DrawMix draws how the batch of a step, 0 for the first, is mixed. Images have that height and width, in pixels.
func DrawMix(reg recipes.Regularization, seed uint64, step, height, width int) Mix {
	r := rand.New(rand.NewPCG(seed, 1<<62|uint64(step)))
	if cuts := r.Float64() < 0.5; reg.Mixup == 0 || reg.CutMix > 0 && cuts {
		return cutMix(beta(r, reg.CutMix), r.IntN(height), r.IntN(width), height, width)
	}
	kept := beta(r, reg.Mixup)
	return Mix{Kept: kept, Pixels: kept}
}

// cutMix is CutMix where an image is to keep a fraction of its pixels: of the rectangle about (y, x), which has the image's proportions, what lies outside the image is cut off, and the labels count as the
// areas that are left.
func cutMix(kept float64, y, x, height, width int) Mix {
	side := math.Sqrt(1 - kept)
	h, w := int(float64(height)*side), int(float64(width)*side)
	m := Mix{Pixels: 1, Top: max(y-h/2, 0), Bottom: min(y+(h+1)/2, height), Left: max(x-w/2, 0), Right: min(x+(w+1)/2, width)}
	m.Kept = 1 - float64((m.Bottom-m.Top)*(m.Right-m.Left))/float64(height*width)
	return m
}

// beta draws from Beta(alpha, alpha) (Jöhnk 1964).
func beta(r *rand.Rand, alpha float64) float64 {
	for {
		x, y := math.Pow(r.Float64(), 1/alpha), math.Pow(r.Float64(), 1/alpha)
		if sum := x + y; sum > 0 && sum <= 1 {
			return x / sum
		}
	}
}

// Append appends the values for a graph.
func (m Mix) Append(list []float32) []float32 {
	return append(list, float32(m.Kept), float32(m.Pixels), float32(m.Top), float32(m.Bottom), float32(m.Left), float32(m.Right))
}

// ApplyMix mixes images with others, [B, H, W, C] each, by the values of a Mix, [MixColumns]. It returns the mixed images, and as a scalar what the images' own labels count.
func ApplyMix(images, others, values *Node) (mixed, kept *Node) {
	value := func(i int) *Node { return Reshape(Slice(values, AxisElem(i))) }
	inside := BroadcastToShape(LogicalAnd(within(images, 1, value, 2), within(images, 2, value, 4)), images.Shape())
	outside := Add(Mul(images, value(1)), Mul(others, OneMinus(value(1))))
	return Where(inside, others, outside), value(0)
}
