package photo

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/draw"
)

// Not one of the types that draw knows.
type opaque struct{ image.Image }

func TestShrinkGivesWhatCatmullRomGives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(r.Uint32())
		}
	}
	palette := color.Palette{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 100}, color.NRGBA{0, 0, 255, 0}}
	for _, size := range []image.Point{{1, 1}, {8, 8}, {57, 3}, {300, 200}, {31, 499}, {1, 900}, {900, 1}, {64, 64}} {
		b := image.Rect(3, 5, size.X+3, size.Y+5)
		grey, nrgba, rgba, deep, cmyk, paletted := image.NewGray(b), image.NewNRGBA(b), image.NewRGBA(b), image.NewNRGBA64(b), image.NewCMYK(b), image.NewPaletted(b, palette)
		for _, pix := range [][]uint8{grey.Pix, nrgba.Pix, rgba.Pix, deep.Pix, cmyk.Pix, paletted.Pix} {
			random(pix)
		}
		for i := range paletted.Pix {
			paletted.Pix[i] %= 3
		}
		draw.Draw(rgba, b, nrgba, b.Min, draw.Src) // premultiplied
		pictures := []image.Image{grey, nrgba, rgba, deep, cmyk, paletted, opaque{nrgba}}
		for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio410} {
			y := image.NewYCbCr(b, ratio)
			random(y.Y)
			random(y.Cb)
			random(y.Cr)
			pictures = append(pictures, y, y.SubImage(b.Inset(min(size.X, size.Y)/4)))
		}
		for _, img := range pictures {
			for _, side := range []int{1, 7, 64, 224} {
				got := shrink(img, side)
				want := image.NewNRGBA(got.Rect)
				draw.CatmullRom.Scale(want, want.Rect, img, img.Bounds(), draw.Src, nil)
				if max(got.Rect.Dx(), got.Rect.Dy()) > side || !slices.Equal(got.Pix, want.Pix) {
					t.Errorf("%T of %v to %d: the pixels of %v are others", img, size, side, got.Rect)
				}
			}
		}
	}
}

func BenchmarkShrink(b *testing.B) {
	img := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			shrink(img, rotatedSide)
		}
	})
	b.Run("draw", func(b *testing.B) {
		b.ReportAllocs()
		out := image.NewNRGBA(image.Rect(0, 0, rotatedSide, rotatedSide*3/4))
		for b.Loop() {
			draw.CatmullRom.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
		}
	})
}
