// Package augment transforms training images at random: flips, rotations, zooms and translations in one resampling, then blur, contrast, brightness, noise
// and cutout, as graph functions over images [B, H, W, C] with grey values in [0, 1].
//
// The parameters of each transform are drawn on the host and depend on the seed, the epoch and the image alone. So they are the same for any batch size and
// device and after a resume, and can be shown and replayed. The graph receives them as one row of numbers for each image.
package augment

import (
	"math/rand/v2"

	"fashionlab/fashion/recipes"

	. "github.com/gomlx/gomlx/core/graph"
)

// Parameters are the random parameters of one image, in the units of the fields of recipes.Augmentation of the same names. The zero value changes nothing.
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
	Blur              float64 `json:"blur,omitempty"`
	Noise             float64 `json:"noise,omitempty"`
	NoiseSeed         uint16  `json:"noise_seed,omitempty"`
	Patches           []Patch `json:"patches,omitempty"`
	Down              int     `json:"down,omitempty"`  // pixels by which the crop moves the image; negative is up
	Right             int     `json:"right,omitempty"` // likewise; negative is to the left

	Own []float64 `json:"own,omitempty"` // of a user-defined transform: uniform in [0, 1)
}

// Draw returns the parameters of an image in an epoch. index is the image's position in the data set's file, 0 for the first; the first epoch is 1. The
// parameters of one transform do not depend on which others are used.
func Draw(a recipes.Augmentation, seed uint64, epoch, index int) Parameters {
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
	p.drawPixels(a, seed, epoch, index)
	p.drawPhoto(seed, epoch, index, a)
	return p
}

func uniform(r *rand.Rand, in recipes.Range) float64 { return in.Low + r.Float64()*(in.High-in.Low) }

// Columns returns the number of values in an image's row; 0 if there is no augmentation.
func Columns(a recipes.Augmentation) int {
	n := patchColumns * a.Cutout.Count
	if movesPixels(a) {
		n += pixelColumns
	}
	if a.Warps() {
		n += matrixColumns
	}
	for _, one := range []recipes.Range{a.Blur, a.Contrast, a.Brightness} {
		if one != (recipes.Range{}) {
			n++
		}
	}
	if a.Noise != (recipes.Range{}) {
		n += noiseColumns
	}
	return n + a.Own.Numbers
}

// AppendRow appends the row of an image of that height and width, in pixels.
func (p Parameters) AppendRow(row []float32, a recipes.Augmentation, height, width int) []float32 {
	h, w := float64(height), float64(width)
	if movesPixels(a) {
		row = p.appendPixels(row, a)
	}
	if a.Warps() {
		for _, v := range p.matrix(h, w) {
			row = append(row, float32(v))
		}
	}
	if a.Blur != (recipes.Range{}) {
		row = append(row, float32(p.Blur))
	}
	if a.Contrast != (recipes.Range{}) {
		row = append(row, float32(p.Contrast))
	}
	if a.Brightness != (recipes.Range{}) {
		row = append(row, float32(p.Brightness))
	}
	if a.Noise != (recipes.Range{}) {
		row = append(row, float32(p.Noise), float32(p.NoiseSeed))
	}
	for i := range a.Cutout.Count {
		row = p.Patches[i].appendRow(row, h, w)
	}
	for _, v := range p.Own {
		row = append(row, float32(v))
	}
	return row
}

// Apply transforms images [B, H, W, C], with values in [0, 1], by their rows, [B, Columns(a)]. own must contain the user-defined transform that the augmentation
// names, if any.
func Apply(a recipes.Augmentation, images, rows *Node, own ...Own) *Node {
	images.AssertRank(4)
	taken := 0
	take := func(n int) *Node {
		taken += n
		return Slice(rows, AxisRange(), AxisRange(taken-n, taken))
	}
	if movesPixels(a) {
		images = movePixels(images, take(pixelColumns), a)
	}
	if a.Warps() {
		images = warp(images, take(matrixColumns), a.Interpolation, a.Fill, a.FillValue)
	}
	if a.Blur != (recipes.Range{}) {
		images = blur(images, take(1))
	}
	if a.Contrast != (recipes.Range{}) {
		images = contrast(images, take(1))
	}
	if a.Brightness != (recipes.Range{}) {
		images = brightness(images, take(1))
	}
	if a.Noise != (recipes.Range{}) {
		images = addNoise(images, take(noiseColumns))
	}
	for range a.Cutout.Count {
		images = cutout(images, take(patchColumns), a.Cutout)
	}
	if a.Own.Name != "" {
		images = applyOwn(a, images, take(a.Own.Numbers), own)
	}
	return images
}

// perImage reshapes [B, 1] to [B, 1, 1, 1], to be broadcast over images.
func perImage(values *Node) *Node { return Reshape(values, -1, 1, 1, 1) }

// clip limits grey values to [0, 1].
func clip(x *Node) *Node { return ClipScalar(x, 0, 1) }
