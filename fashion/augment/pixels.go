package augment

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/recipes"
)

// drawPixels draws the alternating flip and the crop. Their random streams are not that of Draw, so that other transforms draw the same with and without them. The crop's is also that of drawPhoto: where
// an image is moved to and how much it is blurred depend on each other.
func (p *Parameters) drawPixels(a recipes.Augmentation, seed uint64, epoch, index int) {
	if a.Flip == recipes.AlternatingFlip {
		first := rand.New(rand.NewPCG(seed, 1<<63|uint64(index))).Uint64()&1 == 1
		p.FlipHorizontal = first == (epoch%2 == 1)
	}
	if a.Crop > 0 {
		r := rand.New(rand.NewPCG(seed, 1<<63|uint64(epoch)<<32|uint64(index)))
		p.Down, p.Right = r.IntN(2*a.Crop+1)-a.Crop, r.IntN(2*a.Crop+1)-a.Crop
	}
}

// movesPixels reports whether images are flipped or moved by whole pixels, without resampling. Where images are resampled, that flips them.
func movesPixels(a recipes.Augmentation) bool { return a.Crop > 0 || flipsPixels(a) }

func flipsPixels(a recipes.Augmentation) bool { return a.Flip == recipes.AlternatingFlip && !a.Warps() }

const pixelColumns = 3

func (p Parameters) appendPixels(row []float32, a recipes.Augmentation) []float32 {
	flip := float32(0)
	if flipsPixels(a) && p.FlipHorizontal {
		flip = 1
	}
	return append(row, flip, float32(p.Down), float32(p.Right))
}

// movePixels flips the images [B, H, W, C] and moves them down and to the right, by rows [B, 3]: 1 for a flip or 0, and whole pixels, at most a.Crop in each direction. What moves in is
// black. It selects among all moves, which compilers fuse into one pass: nothing is gathered or interpolated.
func movePixels(images, rows *Node, a recipes.Augmentation) *Node {
	value := func(i int) *Node { return perImage(Slice(rows, AxisRange(), AxisRange(i, i+1))) }
	choose := func(condition, then, otherwise *Node) *Node {
		return Where(BroadcastToShape(condition, images.Shape()), then, otherwise)
	}
	if flipsPixels(a) {
		images = choose(GreaterThan(value(0), ScalarZero(rows.Graph(), rows.DType())), Reverse(images, 2), images)
	}
	for i, axis := range []int{1, 2} {
		if a.Crop == 0 {
			break
		}
		padding, size := make([]PadAxis, 4), images.Shape().Dimensions[axis]
		padding[axis] = PadAxis{Start: a.Crop, End: a.Crop}
		padded := Pad(images, ScalarZero(images.Graph(), images.DType()), padding...)
		moved := images
		for by := -a.Crop; by <= a.Crop; by++ {
			if by == 0 {
				continue
			}
			moved = choose(Equal(value(1+i), Scalar(rows.Graph(), rows.DType(), by)), SliceAxis(padded, axis, AxisRange(a.Crop-by, a.Crop-by+size)), moved)
		}
		images = moved
	}
	return images
}
