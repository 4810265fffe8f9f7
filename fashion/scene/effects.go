package scene

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/gonum/floats"

	"fashionlab/fashion/internal/raster"
)

// clearCorners makes the corners of a picture transparent, so that they are rounded.
func clearCorners(img *image.RGBA, radius int) {
	side := img.Rect.Dx()
	for y := range side {
		for x := range side {
			dx, dy := max(radius-x, x-(side-1-radius), 0), max(radius-y, y-(side-1-radius), 0)
			if dx*dx+dy*dy > radius*radius {
				img.SetRGBA(x, y, color.RGBA{})
			}
		}
	}
}

// blur is the pixels of a square picture of that many channels after a Gaussian blur of that standard deviation, in pixels; beyond its borders it goes on as at them.
func blur(pix []uint8, channels int, deviation float64) []uint8 {
	weights, total := raster.Gaussian(deviation)
	radius := len(weights) / 2
	side := int(math.Sqrt(float64(len(pix) / channels)))
	width := side * channels
	at := func(i int) int { return min(max(i-radius, 0), side-1) } // the pixel that stands at i of a row or column with radius pixels more at both ends
	sum := make([]float64, width)
	to := func(out []uint8) {
		for i, v := range sum {
			out[i], sum[i] = raster.Level(v/total), 0
		}
	}
	across := make([]uint8, len(pix))
	row := make([]float64, (side+2*radius)*channels)
	for y := range side {
		for i := range row {
			row[i] = float64(pix[y*width+at(i/channels)*channels+i%channels])
		}
		for k, w := range weights {
			floats.AddScaled(sum, w, row[k*channels:k*channels+width])
		}
		to(across[y*width:])
	}
	column := make([]float64, len(pix))
	for i, v := range across {
		column[i] = float64(v)
	}
	out := make([]uint8, len(pix))
	for y := range side {
		for k, w := range weights {
			floats.AddScaled(sum, w, column[at(y+k)*width:][:width])
		}
		to(out[y*width:])
	}
	return out
}

// plain is a cut-out item in grey of that mean level, whose texture keeps a fifth of its contrast.
func plain(cutOut *image.NRGBA, mean float64) *image.NRGBA {
	sum, n := 0.0, 0.0
	luminance := func(i int) float64 {
		return raster.Luma(float64(cutOut.Pix[i]), float64(cutOut.Pix[i+1]), float64(cutOut.Pix[i+2]))
	}
	for i := 0; i < len(cutOut.Pix); i += 4 {
		opaque := float64(cutOut.Pix[i+3])
		sum, n = sum+opaque*luminance(i), n+opaque
	}
	out := image.NewNRGBA(cutOut.Rect)
	for i := 0; i < len(cutOut.Pix); i += 4 {
		v := raster.Level(mean + 0.2*(luminance(i)-sum/max(n, 1)))
		copy(out.Pix[i:], []uint8{v, v, v, cutOut.Pix[i+3]})
	}
	return out
}
