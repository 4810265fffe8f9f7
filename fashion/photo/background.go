package photo

import (
	"image"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// ground is the estimated background: red, green and blue as planes over the picture.
type ground [3]plane

// plane is the value a + b x + c y.
type plane struct{ a, b, c float64 }

func (p plane) at(x, y int) float64 { return p.a + p.b*float64(x) + p.c*float64(y) }

const (
	borderShare = 0.06 // how wide the border is that the background is estimated from, of the shorter side
	borderEvery = 3    // pixels from one that is looked at there to the next, across and down
)

// background fits a plane to each channel's values at the borders by least squares, again and again without those that are far from it, so that
// an item that touches a border is left out.
func (p *pixels) background() ground {
	places := p.opaque.border()
	kept := places
	var g ground
	for range 6 {
		for c, channel := range p.channels {
			g[c] = fitPlane(channel, kept)
		}
		far := make([]float64, len(places))
		for i, at := range places {
			far[i] = p.distance(g, at[0], at[1])
		}
		limit := math.Max(6, 2.5*median(far))
		kept = nil
		for i, at := range places {
			if far[i] <= limit {
				kept = append(kept, at)
			}
		}
	}
	return g
}

// border lists places of a picture at its borders.
func (f field) border() (places [][2]int) {
	wide := max(2, int(borderShare*float64(min(f.width, f.height))))
	every := min(borderEvery, wide) // so that each side is met
	for y := 0; y < f.height; y += every {
		for x := 0; x < f.width; x += every {
			if x < wide || y < wide || x >= f.width-wide || y >= f.height-wide {
				places = append(places, [2]int{x, y})
			}
		}
	}
	return places
}

// fitPlane is the plane of the least squares through a channel's values at those places.
func fitPlane(channel field, places [][2]int) plane {
	// The normal equations of three unknowns, with coordinates around their mean so that they are well conditioned.
	var n, mx, my, mv float64
	for _, at := range places {
		n, mx, my, mv = n+1, mx+float64(at[0]), my+float64(at[1]), mv+channel.at(at[0], at[1])
	}
	mx, my, mv = mx/n, my/n, mv/n
	var xx, xy, yy, xv, yv float64
	for _, at := range places {
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

// distance is how far a pixel's colour is from the background's, in levels of 0 to 255.
func (p *pixels) distance(g ground, x, y int) float64 {
	sum := 0.0
	for c, channel := range p.channels {
		d := channel.at(x, y) - g[c].at(x, y)
		sum += d * d
	}
	return math.Sqrt(sum / 3)
}

// distances are those of all pixels; where the picture has transparent parts, its opacity in their place.
func (p *pixels) distances(g ground) field {
	f := newField(p.opaque.width, p.opaque.height)
	for y := range f.height {
		for x := range f.width {
			if p.transparent {
				f.values[y*f.width+x] = 255 * p.opaque.at(x, y)
			} else {
				f.values[y*f.width+x] = p.distance(g, x, y)
			}
		}
	}
	return f
}

const (
	leastDistance = 10.0  // levels that noise and compression reach
	leastArea     = 0.004 // of the picture that an item covers
	leastPart     = 0.05  // of the largest part's area, for a part to belong to the item
)

// mask tells the item from the background, 0 to 255: pixels that are farther from it than a threshold, without specks and without what is much smaller
// than the largest part.
func (p *pixels) mask(distance field) field {
	threshold := p.threshold(distance)
	inside := newField(distance.width, distance.height)
	for i, d := range distance.values {
		if d > threshold {
			inside.values[i] = 255
		}
	}
	// A speck is gone after an erosion, a gap after a dilation.
	inside = inside.least(1).greatest(2).least(1)
	parts, areas := inside.parts()
	largest := 0
	for _, area := range areas {
		largest = max(largest, area)
	}
	for i, part := range parts {
		if part < 0 || float64(areas[part]) < leastPart*float64(largest) || float64(largest) < leastArea*float64(len(parts)) {
			inside.values[i] = 0
		}
	}
	return inside
}

// threshold is the distance from which on a pixel is of the item: where the two groups of distances part best (Otsu, "A Threshold Selection Method from
// Gray-Level Histograms", 1979), made smaller because half-shaded parts belong to the item, and no larger than the unrest of the background at the borders asks
// for, because light parts do too.
func (p *pixels) threshold(distance field) float64 {
	if p.transparent {
		return 127
	}
	var edge []float64
	for _, at := range distance.border() {
		edge = append(edge, distance.at(at[0], at[1]))
	}
	unrest := median(edge)
	return math.Max(math.Max(leastDistance, 3*unrest), math.Min(0.5*otsu(distance.values), math.Max(1.8*leastDistance, 6*unrest)))
}

// otsu is the threshold that parts values of 0 to 255 into two groups with the largest variance between them.
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

// least replaces each value by the least within a square of that radius.
func (f field) least(radius int) field {
	return f.along(radius, leastOf).turned().along(radius, leastOf).turned()
}

// greatest replaces each value by the greatest within a square of that radius.
func (f field) greatest(radius int) field {
	return f.along(radius, greatestOf).turned().along(radius, greatestOf).turned()
}

func leastOf(values []float64) float64    { return slices.Min(values) }
func greatestOf(values []float64) float64 { return slices.Max(values) }

// along replaces each value by what is chosen of its row, up to the radius to either side.
func (f field) along(radius int, choose func([]float64) float64) field {
	out := newField(f.width, f.height)
	for y := range f.height {
		row := f.values[y*f.width : (y+1)*f.width]
		for x := range row {
			out.values[y*f.width+x] = choose(row[max(0, x-radius):min(f.width, x+radius+1)])
		}
	}
	return out
}

// turned has rows for columns.
func (f field) turned() field {
	out := newField(f.height, f.width)
	for y := range f.height {
		for x := range f.width {
			out.values[x*f.height+y] = f.values[y*f.width+x]
		}
	}
	return out
}

// parts numbers the connected parts of what is above 0: the part of each pixel, -1 for none, and the parts' areas.
func (f field) parts() (of []int, areas []int) {
	of = make([]int, len(f.values))
	for i := range of {
		of[i] = -1
	}
	for start, v := range f.values {
		if v == 0 || of[start] >= 0 {
			continue
		}
		part := len(areas)
		areas = append(areas, 0)
		of[start] = part
		for stack := []int{start}; len(stack) > 0; {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			areas[part]++
			x, y := i%f.width, i/f.width
			for _, next := range [][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if next[0] < 0 || next[1] < 0 || next[0] >= f.width || next[1] >= f.height {
					continue
				}
				if j := next[1]*f.width + next[0]; of[j] < 0 && f.values[j] > 0 {
					of[j] = part
					stack = append(stack, j)
				}
			}
		}
	}
	return of, areas
}

// box is the smallest rectangle around all that is above 0.
func (f field) box() (image.Rectangle, bool) {
	var box image.Rectangle
	for i, v := range f.values {
		if v > 0 {
			x, y := i%f.width, i/f.width
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box, !box.Empty()
}

// item is the negative of what the mask holds: dark garments become light. On a light background the greys are taken relative to it, as a shop's are to
// its white.
func (p *pixels) item(g ground, mask field) field {
	f := newField(mask.width, mask.height)
	for y := range f.height {
		for x := range f.width {
			if mask.at(x, y) == 0 {
				continue
			}
			v := luma(p.channels[0].at(x, y), p.channels[1].at(x, y), p.channels[2].at(x, y))
			white := luma(g[0].at(x, y), g[1].at(x, y), g[2].at(x, y))
			if p.transparent || white < 128 {
				white = 255
			}
			f.values[y*f.width+x] = math.Max(0, 255*(1-v/white))
		}
	}
	return f
}

// median is the lower median of values.
func median(values []float64) float64 {
	return stat.Quantile(0.5, stat.Empirical, slices.Sorted(slices.Values(values)), nil)
}
