package scene

import (
	"image"
	"image/color"

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

// blur is a picture after a Gaussian blur of that standard deviation, in pixels; beyond its borders it goes on as at them.
func blur(img *image.RGBA, deviation float64) *image.RGBA {
	weights, sum := raster.Gaussian(deviation)
	radius := len(weights) / 2
	side := img.Rect.Dx()
	pass := func(from *image.RGBA, across, down int) *image.RGBA {
		to := image.NewRGBA(from.Rect)
		for y := range side {
			for x := range side {
				var v [4]float64
				for k, w := range weights {
					i := from.PixOffset(min(max(x+across*(k-radius), 0), side-1), min(max(y+down*(k-radius), 0), side-1))
					for c := range v {
						v[c] += w * float64(from.Pix[i+c])
					}
				}
				at := to.PixOffset(x, y)
				for c := range v {
					to.Pix[at+c] = raster.Level(v[c] / sum)
				}
			}
		}
		return to
	}
	return pass(pass(img, 1, 0), 0, 1)
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
