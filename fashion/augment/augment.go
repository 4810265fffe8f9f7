// Package augment changes training images at random: flips, rotations, zooms and translations in one resampling, then
// contrast, brightness and erased patches, as graph functions over images [B, H, W, C] with grey values in [0, 1].
//
// What happens to an image is drawn on the host from the seed, the epoch and the image alone, so that it is the same
// whatever the batch size, the device or an interruption, and can be shown and replayed. The graph gets the draws as
// rows of numbers.
package augment

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/run"
)

// Parameters are what one image drew. Their units are those of the fields of run.Augmentation of the same names. The
// zero value changes nothing.
type Parameters struct {
	FlipHorizontal    bool    `json:"flip_horizontal,omitempty"`
	FlipVertical      bool    `json:"flip_vertical,omitempty"`
	Rotation          float64 `json:"rotation,omitempty"`
	ZoomHeight        float64 `json:"zoom_height,omitempty"`
	ZoomWidth         float64 `json:"zoom_width,omitempty"`
	TranslationHeight float64 `json:"translation_height,omitempty"`
	TranslationWidth  float64 `json:"translation_width,omitempty"`
	Contrast          float64 `json:"contrast,omitempty"`
	Brightness        float64 `json:"brightness,omitempty"`
	Patches           []Patch `json:"patches,omitempty"`

	Own []float64 `json:"own,omitempty"` // of a transform of the user's own: uniform in [0, 1)
}

// Draw returns the parameters of an image, given by its position in the file, in an epoch. The draw of a transform does not
// depend on which others are on.
func Draw(a run.Augmentation, seed uint64, epoch, index int) Parameters {
	r := rand.New(rand.NewPCG(seed, uint64(epoch)<<32|uint64(index)))
	var p Parameters
	p.drawFlip(r, a.Flip)
	p.Rotation = uniform(r, a.Rotation)
	p.drawZoom(r, a.Zoom, a.ZoomWidth)
	p.TranslationHeight, p.TranslationWidth = uniform(r, a.TranslationHeight), uniform(r, a.TranslationWidth)
	p.Contrast, p.Brightness = uniform(r, a.Contrast), uniform(r, a.Brightness)
	p.drawPatches(r, a.Cutout)
	for range a.Own.Numbers {
		p.Own = append(p.Own, r.Float64())
	}
	return p
}

func uniform(r *rand.Rand, in run.Range) float64 { return in.Low + r.Float64()*(in.High-in.Low) }

// Columns is the number of values of an image's row, 0 if nothing is changed.
func Columns(a run.Augmentation) int {
	n := patchColumns * a.Cutout.Count
	if a.Warps() {
		n += matrixColumns
	}
	if a.Contrast != (run.Range{}) {
		n++
	}
	if a.Brightness != (run.Range{}) {
		n++
	}
	return n + a.Own.Numbers
}

// AppendRow appends the row of an image of that height and width.
func (p Parameters) AppendRow(row []float32, a run.Augmentation, height, width int) []float32 {
	h, w := float64(height), float64(width)
	if a.Warps() {
		for _, v := range p.matrix(h, w) {
			row = append(row, float32(v))
		}
	}
	if a.Contrast != (run.Range{}) {
		row = append(row, float32(p.Contrast))
	}
	if a.Brightness != (run.Range{}) {
		row = append(row, float32(p.Brightness))
	}
	for i := range a.Cutout.Count {
		row = p.Patches[i].appendRow(row, h, w)
	}
	for _, v := range p.Own {
		row = append(row, float32(v))
	}
	return row
}

// Apply changes images [B, H, W, C], floats in [0, 1], by their rows [B, Columns(a)]. The transform of the user's own that the augmentation names, if any, is handed over.
func Apply(a run.Augmentation, images, rows *Node, own ...Own) *Node {
	images.AssertRank(4)
	taken := 0
	take := func(n int) *Node {
		taken += n
		return Slice(rows, AxisRange(), AxisRange(taken-n, taken))
	}
	if a.Warps() {
		images = Warp(images, take(matrixColumns), a.Interpolation, a.Fill, a.FillValue)
	}
	if a.Contrast != (run.Range{}) {
		images = Contrast(images, take(1))
	}
	if a.Brightness != (run.Range{}) {
		images = Brightness(images, take(1))
	}
	for range a.Cutout.Count {
		images = Cutout(images, take(patchColumns), a.Cutout.Fill, a.Cutout.FillValue)
	}
	if a.Own.Name != "" {
		images = applyOwn(a, images, take(a.Own.Numbers), own)
	}
	return images
}

// perImage reshapes [B, 1] so that each image of [B, H, W, C] is combined with its value.
func perImage(values *Node) *Node { return Reshape(values, -1, 1, 1, 1) }

// clip keeps grey values in [0, 1].
func clip(x *Node) *Node { return ClipScalar(x, 0, 1) }
