package photo

import (
	"image"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
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
	positions := p.opaque.border()
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
func (f field) border() (positions [][2]int) {
	width := max(2, int(borderFraction*float64(min(f.width, f.height))))
	stride := min(borderStride, width) // so that each side is sampled
	for y := 0; y < f.height; y += stride {
		for x := 0; x < f.width; x += stride {
			if x < width || y < width || x >= f.width-width || y >= f.height-width {
				positions = append(positions, [2]int{x, y})
			}
		}
	}
	return positions
}

// fitPlane returns the least-squares plane through a channel's values at those positions.
func fitPlane(channel field, positions [][2]int) plane {
	// The normal equations of three unknowns. The coordinates are centred, so that they are well conditioned.
	var n, mx, my, mv float64
	for _, at := range positions {
		n, mx, my, mv = n+1, mx+float64(at[0]), my+float64(at[1]), mv+channel.at(at[0], at[1])
	}
	mx, my, mv = mx/n, my/n, mv/n
	var xx, xy, yy, xv, yv float64
	for _, at := range positions {
		x, y, v := float64(at[0])-mx, float64(at[1])-my, channel.at(at[0], at[1])-mv
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
		d := channel.at(x, y) - bg[c].at(x, y)
		sum += d * d
	}
	return math.Sqrt(sum / 3)
}

// distances returns the distance of each pixel; in a picture with transparent parts, its opacity instead, 0 to 255.
func (p *pixels) distances(bg background) field {
	f := newField(p.opaque.width, p.opaque.height)
	for y := range f.height {
		for x := range f.width {
			if p.transparent {
				f.values[y*f.width+x] = 255 * p.opaque.at(x, y)
			} else {
				f.values[y*f.width+x] = p.distance(bg, x, y)
			}
		}
	}
	return f
}

const (
	minDistance  = 10.0  // larger than those of noise and compression
	minArea      = 0.004 // of an item, as a fraction of the picture
	minComponent = 0.05  // area of a connected component of the item, as a fraction of the largest one's
)

// mask segments the item: 255 where the distance from the background is above a threshold, and 0 elsewhere, without specks and without connected components that are
// much smaller than the largest.
func (p *pixels) mask(distance field) field {
	threshold := p.threshold(distance)
	inside := newField(distance.width, distance.height)
	for i, d := range distance.values {
		if d > threshold {
			inside.values[i] = 255
		}
	}
	// Opening removes specks, closing fills gaps.
	inside = inside.erode(1).dilate(2).erode(1)
	components, areas := inside.components()
	largest := 0
	for _, area := range areas {
		largest = max(largest, area)
	}
	for i, c := range components {
		if c < 0 || float64(areas[c]) < minComponent*float64(largest) || float64(largest) < minArea*float64(len(components)) {
			inside.values[i] = 0
		}
	}
	return inside
}

// threshold returns the distance above which a pixel belongs to the item: half of Otsu's threshold ("A Threshold Selection Method from Gray-Level Histograms", 1979),
// because partly shaded pixels belong to the item; clamped to a range that depends on the background's noise at the borders, because light parts belong to it too.
func (p *pixels) threshold(distance field) float64 {
	if p.transparent {
		return 127
	}
	var edge []float64
	for _, at := range distance.border() {
		edge = append(edge, distance.at(at[0], at[1]))
	}
	noise := median(edge)
	return math.Max(math.Max(minDistance, 3*noise), math.Min(0.5*otsu(distance.values), math.Max(1.8*minDistance, 6*noise)))
}

// otsu returns the threshold that divides values of 0 to 255 into two groups with the largest variance between them.
func otsu(values []float64) float64 {
	var counts [256]float64
	total := 0.0
	for _, v := range values {
		level := int(math.Min(255, v))
		counts[level]++
		total += float64(level)
	}
	var best, at, below, sum float64
	n := float64(len(values))
	for level, count := range counts {
		below, sum = below+count, sum+count*float64(level)
		if below == 0 || below == n {
			continue
		}
		d := sum/below - (total-sum)/(n-below)
		if between := below * (n - below) * d * d; between > best {
			best, at = between, float64(level)
		}
	}
	return at
}

// erode replaces each value by the minimum within a square of that radius, in pixels.
func (f field) erode(radius int) field {
	return f.filterRows(radius, minOf).transposed().filterRows(radius, minOf).transposed()
}

// dilate replaces each value by the maximum within a square of that radius, in pixels.
func (f field) dilate(radius int) field {
	return f.filterRows(radius, maxOf).transposed().filterRows(radius, maxOf).transposed()
}

func minOf(values []float64) float64 { return slices.Min(values) }
func maxOf(values []float64) float64 { return slices.Max(values) }

// filterRows replaces each value by choose of the values in its row up to radius pixels to either side.
func (f field) filterRows(radius int, choose func([]float64) float64) field {
	out := newField(f.width, f.height)
	for y := range f.height {
		row := f.values[y*f.width : (y+1)*f.width]
		for x := range row {
			out.values[y*f.width+x] = choose(row[max(0, x-radius):min(f.width, x+radius+1)])
		}
	}
	return out
}

// transposed exchanges rows and columns.
func (f field) transposed() field {
	out := newField(f.height, f.width)
	for y := range f.height {
		for x := range f.width {
			out.values[x*f.height+y] = f.values[y*f.width+x]
		}
	}
	return out
}

// components labels the connected components of the pixels above 0: the component of each pixel, -1 for none, and the areas of the components, in pixels.
func (f field) components() (of []int, areas []int) {
	of = make([]int, len(f.values))
	for i := range of {
		of[i] = -1
	}
	for start, v := range f.values {
		if v == 0 || of[start] >= 0 {
			continue
		}
		component := len(areas)
		areas = append(areas, 0)
		of[start] = component
		for stack := []int{start}; len(stack) > 0; {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			areas[component]++
			x, y := i%f.width, i/f.width
			for _, next := range [][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if next[0] < 0 || next[1] < 0 || next[0] >= f.width || next[1] >= f.height {
					continue
				}
				if j := next[1]*f.width + next[0]; of[j] < 0 && f.values[j] > 0 {
					of[j] = component
					stack = append(stack, j)
				}
			}
		}
	}
	return of, areas
}

// box returns the bounding box of the pixels above 0; ok is false if there are none.
func (f field) box() (box image.Rectangle, ok bool) {
	for i, v := range f.values {
		if v > 0 {
			x, y := i%f.width, i/f.width
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box, !box.Empty()
}

// item returns the negative of the picture inside the mask: dark garments become light. On a light background grey values are relative to the background, as those of
// a shop's pictures are to white.
func (p *pixels) item(bg background, mask field) field {
	f := newField(mask.width, mask.height)
	for y := range f.height {
		for x := range f.width {
			if mask.at(x, y) == 0 {
				continue
			}
			v := luma(p.channels[0].at(x, y), p.channels[1].at(x, y), p.channels[2].at(x, y))
			white := luma(bg[0].at(x, y), bg[1].at(x, y), bg[2].at(x, y))
			if p.transparent || white < 128 {
				white = 255
			}
			f.values[y*f.width+x] = math.Max(0, 255*(1-v/white))
		}
	}
	return f
}

// median returns the lower median of values.
func median(values []float64) float64 {
	return stat.Quantile(0.5, stat.Empirical, slices.Sorted(slices.Values(values)), nil)
}
