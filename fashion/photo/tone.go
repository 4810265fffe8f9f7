package photo

import (
	"math"
	"slices"

	"fashionlab/fashion/internal/raster"
)

const (
	lightBackground = 128.0 // grey level from which a background is a shop's white that is not fully lit, unless the item is lighter
	minWhite        = 200.0 // grey level of white where no part of the item is lighter
	almostWhite     = 215.0 // grey level from which an item that was cut out is white
	leastLight      = 230.0 // level in the image, at least, of an item that is lighter than its background
)

// item returns the item as the data set shows it: the negative of its grey values, so that dark garments become light. White is the background where it is lighter than the
// item, as in a shop's pictures, and otherwise the item's lightest part. The negative of an item that is lighter than its background would be as dark as the black around
// it: it is lifted as a whole, which keeps its texture.
func (p *pixels) item(bg background, distance, mask raster.Field) raster.Field {
	f := raster.New(mask.Width, mask.Height)
	level := raster.New(mask.Width, mask.Height)
	var inside, behind []float64
	for i := range f.Values {
		if mask.Values[i] == 0 {
			continue
		}
		x, y := i%f.Width, i/f.Width
		f.Values[i] = raster.Luma(p.channels[0].At(x, y), p.channels[1].At(x, y), p.channels[2].At(x, y))
		level.Values[i] = raster.Luma(bg[0].at(x, y), bg[1].at(x, y), bg[2].at(x, y))
		inside, behind = append(inside, f.Values[i]), append(behind, level.Values[i])
	}
	slices.Sort(inside)
	lightest, middle, around := quantile(0.98, inside), quantile(0.5, inside), median(behind)
	lighter := !p.cutOut && middle > around || p.cutOut && middle > almostWhite
	if lighter && !p.cutOut {
		f = withoutEdges(f, mask, distance)
	}
	white := max(lightest, minWhite)
	if p.cutOut {
		white = 255
	}
	onLight := !p.cutOut && around >= max(lightBackground, lightest-5)
	lift := 0.0
	if lighter {
		lift = max(0, leastLight-255*(1-middle/white))
	}
	for i, v := range f.Values {
		if mask.Values[i] == 0 {
			continue
		}
		if onLight {
			white = max(1, level.Values[i])
		}
		f.Values[i] = min(255, max(0, 255*(1-v/white)+lift))
	}
	return f
}

const (
	edgeWidth = 6    // how far, in pixels, the mixture of an item's colours with its background's reaches into the mask at most
	pure      = 0.85 // a pixel is mixed whose distance from the background is less than this fraction of the largest one near it
)

// withoutEdges returns the values of an item in which those near the edge of its mask that are mixed with the background's are those of the nearest pixel that is not.
func withoutEdges(f, mask, distance raster.Field) raster.Field {
	inner, largest := mask.Erode(edgeWidth), distance.Dilate(edgeWidth)
	mixed := func(i int) bool { return inner.Values[i] == 0 && distance.Values[i] < pure*largest.Values[i] }
	out := raster.New(f.Width, f.Height)
	copy(out.Values, f.Values)
	for i, v := range mask.Values {
		if v == 0 || !mixed(i) {
			continue
		}
		x, y, nearest := i%f.Width, i/f.Width, math.Inf(1)
		for ny := max(0, y-edgeWidth); ny <= min(f.Height-1, y+edgeWidth); ny++ {
			for nx := max(0, x-edgeWidth); nx <= min(f.Width-1, x+edgeWidth); nx++ {
				j := ny*f.Width + nx
				if d := math.Hypot(float64(nx-x), float64(ny-y)); d < nearest && mask.Values[j] > 0 && !mixed(j) {
					nearest, out.Values[i] = d, f.Values[j]
				}
			}
		}
	}
	return out
}
