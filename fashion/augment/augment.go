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

// step is one transform of an augmentation.
type step struct {
	columns int                                                       // of an image's row that it reads
	fill    func(p Parameters, row []float32, h, w float64) []float32 // appends them, for images of that height and width
	apply   func(images, values *Node) *Node                          // values are [B, columns]
}

// steps lists the transforms of an augmentation in the order in which they are applied and in which a row has their values.
func steps(a recipes.Augmentation, own []Own) (list []step) {
	add := func(used bool, s step) {
		if used {
			list = append(list, s)
		}
	}
	one := func(in recipes.Range, value func(Parameters) float64, apply func(images, values *Node) *Node) {
		add(in != recipes.Range{}, step{1,
			func(p Parameters, row []float32, _, _ float64) []float32 { return append(row, float32(value(p))) },
			apply})
	}
	add(movesPixels(a), step{pixelColumns,
		func(p Parameters, row []float32, _, _ float64) []float32 { return p.appendPixels(row, a) },
		func(images, values *Node) *Node { return movePixels(images, values, a) }})
	add(a.Warps(), step{matrixColumns,
		Parameters.appendMatrix,
		func(images, values *Node) *Node { return warp(images, values, a.Interpolation, a.Fill, a.FillValue) }})
	one(a.Blur, func(p Parameters) float64 { return p.Blur }, blur)
	one(a.Contrast, func(p Parameters) float64 { return p.Contrast }, contrast)
	one(a.Brightness, func(p Parameters) float64 { return p.Brightness }, brightness)
	add(a.Noise != recipes.Range{}, step{noiseColumns, Parameters.appendNoise, addNoise})
	for i := range a.Cutout.Count {
		add(true, step{patchColumns,
			func(p Parameters, row []float32, h, w float64) []float32 { return p.Patches[i].appendRow(row, h, w) },
			func(images, values *Node) *Node { return cutout(images, values, a.Cutout) }})
	}
	add(a.Own.Name != "", step{max(1, a.Own.Numbers), // a row has something of each image, also of a transform that draws nothing
		Parameters.appendOwn,
		func(images, values *Node) *Node {
			if a.Own.Numbers == 0 {
				values = Slice(values, AxisRange(), AxisRange(0, 0))
			}
			return applyOwn(a, images, values, own)
		}})
	return list
}

// EncodedSize returns the number of values that Encode writes for an image; 0 if there is no augmentation.
func EncodedSize(a recipes.Augmentation) (n int) {
	for _, s := range steps(a, nil) {
		n += s.columns
	}
	return n
}

// Encode writes the parameters of N images of that height and width, in pixels, as the values that Apply reads: [N, EncodedSize(a)], row after row.
func Encode(a recipes.Augmentation, drawn []Parameters, height, width int) []float32 {
	list := steps(a, nil)
	rows := make([]float32, 0, len(drawn)*EncodedSize(a))
	for _, p := range drawn {
		for _, s := range list {
			rows = s.fill(p, rows, float64(height), float64(width))
		}
	}
	return rows
}

// Apply transforms images [B, H, W, C], with values in [0, 1], by their encoded parameters, [B, EncodedSize(a)]. own must contain the user-defined transform that the augmentation
// names, if any.
func Apply(a recipes.Augmentation, images, rows *Node, own ...Own) *Node {
	images.AssertRank(4)
	taken := 0
	for _, s := range steps(a, own) {
		images = s.apply(images, Slice(rows, AxisRange(), AxisRange(taken, taken+s.columns)))
		taken += s.columns
	}
	return images
}

// perImage reshapes [B, 1] to [B, 1, 1, 1], to be broadcast over images.
func perImage(values *Node) *Node { return Reshape(values, -1, 1, 1, 1) }

// clip limits grey values to [0, 1].
func clip(x *Node) *Node { return ClipScalar(x, 0, 1) }
