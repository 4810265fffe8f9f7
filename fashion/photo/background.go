package photo

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion/internal/raster"
)

// background is the estimated background: red, green and blue as planes over the picture, 0 to 255.
type background [3]plane

// plane is the value a + b x + c y.
type plane struct{ a, b, c float64 }

func (p plane) at(x, y int) float64 { return p.a + p.b*float64(x) + p.c*float64(y) }

const (
	borderFraction = 0.06 // width of the border from which the background is estimated, as a fraction of the shorter side
	borderStride   = 3    // of the pixels that are sampled there, across and down
)

// background fits a plane to each channel's values at the borders by least squares. It repeats the fit without outliers, so that an item that touches a border is
// ignored.
func (p *pixels) background() background {
	positions := slices.DeleteFunc(border(p.opaque), func(at [2]int) bool { return p.opaque.At(at[0], at[1]) < 0.5 })
	kept := positions
	var bg background
	for range 6 {
		for c, channel := range p.channels {
			bg[c] = fitPlane(channel, kept)
		}
		distances := make([]float64, len(positions))
		for i, at := range positions {
			distances[i] = p.distance(bg, at[0], at[1])
		}
		limit := math.Max(6, 2.5*median(distances))
		kept = nil
		for i, at := range positions {
			if distances[i] <= limit {
				kept = append(kept, at)
			}
		}
	}
	return bg
}

// border lists positions, x and y, at the borders of a picture.
func border(f raster.Field) (positions [][2]int) {
	width := max(2, int(borderFraction*float64(min(f.Width, f.Height))))
	stride := min(borderStride, width) // so that each side is sampled
	for y := 0; y < f.Height; y += stride {
		for x := 0; x < f.Width; x += stride {
			if x < width || y < width || x >= f.Width-width || y >= f.Height-width {
				positions = append(positions, [2]int{x, y})
			}
		}
	}
	return positions
}

// fitPlane returns the least-squares plane through a channel's values at those positions.
func fitPlane(channel raster.Field, positions [][2]int) plane {
	// The normal equations of three unknowns. The coordinates are centred, so that they are well conditioned.
	var n, mx, my, mv float64
	for _, at := range positions {
		n, mx, my, mv = n+1, mx+float64(at[0]), my+float64(at[1]), mv+channel.At(at[0], at[1])
	}
	mx, my, mv = mx/n, my/n, mv/n
	var xx, xy, yy, xv, yv float64
	for _, at := range positions {
		x, y, v := float64(at[0])-mx, float64(at[1])-my, channel.At(at[0], at[1])-mv
		xx, xy, yy, xv, yv = xx+x*x, xy+x*y, yy+y*y, xv+x*v, yv+y*v
	}
	determinant := xx*yy - xy*xy
	if determinant <= 1e-9*xx*yy || n < 3 {
		return plane{a: mv}
	}
	b, c := (xv*yy-yv*xy)/determinant, (yv*xx-xv*xy)/determinant
	return plane{mv - b*mx - c*my, b, c}
}

// distance returns the root mean square difference of a pixel's channels from the background's, 0 to 255.
func (p *pixels) distance(bg background, x, y int) float64 {
	sum := 0.0
	for c, channel := range p.channels {
		d := channel.At(x, y) - bg[c].at(x, y)
		sum += d * d
	}
	return math.Sqrt(sum / 3)
}

// distances returns the distance of each pixel, none of transparent ones; of an item that is cut out its opacity instead, 0 to 255.
func (p *pixels) distances(bg background) raster.Field {
	f := raster.New(p.opaque.Width, p.opaque.Height)
	for y := range f.Height {
		for x := range f.Width {
			if p.cutOut {
				f.Values[y*f.Width+x] = 255 * p.opaque.At(x, y)
			} else {
				f.Values[y*f.Width+x] = p.opaque.At(x, y) * p.distance(bg, x, y)
			}
		}
	}
	return f
}

// median returns the lower median of values.
func median(values []float64) float64 { return quantile(0.5, slices.Sorted(slices.Values(values))) }

// quantile returns the smallest of sorted values that so large a fraction of them does not exceed; 0 of none.
func quantile(fraction float64, sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return stat.Quantile(fraction, stat.Empirical, sorted, nil)
}
