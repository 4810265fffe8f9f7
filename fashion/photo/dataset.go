package photo

import (
	"image"
	"slices"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
)

const (
	maxBlack  = 3.0  // grey level of the black around an item of the data set, after a compression
	maxColour = 6.0  // by which the channels of a grey picture differ, likewise
	minBlack  = 0.25 // fraction of the borders that is black
	minSpan   = 0.9  // fraction of the image's side that the item's longer side fills
)

// ofDataSet reports whether a picture looks like an image of the data set itself, which may be enlarged: grey, and black around the item.
func (p *pixels) ofDataSet() bool {
	if p.cutOut || p.opaque.Width != p.opaque.Height {
		return false
	}
	border, black, grey := border(p.opaque), 0, 0
	for _, at := range border {
		if raster.Luma(p.channels[0].At(at[0], at[1]), p.channels[1].At(at[0], at[1]), p.channels[2].At(at[0], at[1])) <= maxBlack {
			black++
		}
	}
	if float64(black) < minBlack*float64(len(border)) {
		return false
	}
	light := raster.New(p.opaque.Width, p.opaque.Height)
	for i := range p.opaque.Values {
		r, g, b := p.channels[0].Values[i], p.channels[1].Values[i], p.channels[2].Values[i]
		if max(r, g, b)-min(r, g, b) <= maxColour {
			grey++
		}
		light.Values[i] = max(0, r-maxBlack)
	}
	box, _ := light.Box()
	fills := float64(max(box.Dx(), box.Dy())) >= minSpan*float64(light.Width)
	return fills && float64(grey) > 0.99*float64(len(p.opaque.Values))
}

// prepareOfDataSet takes an image of the data set as it is.
func prepareOfDataSet(work *image.NRGBA) (Prepared, error) {
	out := image.NewGray(image.Rect(0, 0, fashion.Side, fashion.Side))
	draw.CatmullRom.Scale(out, out.Rect, work, work.Rect, draw.Src, nil)
	if slices.Max(out.Pix) < minContrast {
		return Prepared{}, nothing()
	}
	return Prepared{Image: fashion.Image(out.Pix), Steps: []Step{
		{"photo", "light on black, as in the data set: it is taken as it is", work},
		{"28x28", "the whole picture", out},
	}}, nil
}
