package photo

import (
	"math"
	"slices"

	"fashionlab/fashion/internal/raster"
)

const (
	minDistance  = 10.0  // larger than those of noise and compression
	minArea      = 0.004 // of an item, as a fraction of the picture
	minComponent = 0.05  // area of a connected component of the item, as a fraction of the largest one's
)

// mask segments the item: 255 where the distance from the background is above a threshold, and 0 elsewhere, without specks and without connected components that are
// much smaller than the largest.
func (p *pixels) mask(distance raster.Field) raster.Field {
	noise := noiseOf(distance)
	threshold := p.threshold(distance, noise)
	inside := raster.New(distance.Width, distance.Height)
	for i, d := range distance.Values {
		if d > threshold {
			inside.Values[i] = 255
		}
	}
	// Opening removes specks, closing fills gaps.
	inside = inside.Erode(1).Dilate(2).Erode(1)
	components, areas := inside.Components()
	largest := 0
	for _, area := range areas {
		largest = max(largest, area)
	}
	for i, c := range components {
		if c < 0 || float64(areas[c]) < minComponent*float64(largest) || float64(largest) < minArea*float64(len(components)) {
			inside.Values[i] = 0
		}
	}
	fillHoles(inside, distance, noise)
	return inside
}

// fillHoles adds to a mask what it surrounds and what differs from the background by more than its noise: parts of an item that are almost as light as the background. What does not differ is seen through the
// item, as through the handle of a bag.
func fillHoles(f, distance raster.Field, noise float64) {
	outside := raster.New(f.Width, f.Height)
	for i, v := range f.Values {
		outside.Values[i] = 255 - v
	}
	of, areas := outside.Components()
	within := make([][]float64, len(areas))
	open := make([]bool, len(areas))
	for i, c := range of {
		if x, y := i%f.Width, i/f.Width; c >= 0 && (x == 0 || y == 0 || x == f.Width-1 || y == f.Height-1) {
			open[c] = true
		}
	}
	for i, c := range of {
		if c >= 0 && !open[c] {
			within[c] = append(within[c], distance.Values[i])
		}
	}
	for c := range areas {
		open[c] = open[c] || median(within[c]) <= 1+1.5*noise
	}
	for i, c := range of {
		if c >= 0 && !open[c] {
			f.Values[i] = 255
		}
	}
}

// threshold returns the distance above which a pixel belongs to the item: half of Otsu's threshold ("A Threshold Selection Method from Gray-Level Histograms", 1979),
// because partly shaded pixels belong to the item; clamped to a range that depends on the background's noise at the borders, because light parts belong to it too.
func (p *pixels) threshold(distance raster.Field, noise float64) float64 {
	if p.cutOut {
		return 127
	}
	return math.Max(math.Max(minDistance, 3*noise), math.Min(0.5*otsu(distance.Values), math.Max(1.8*minDistance, 6*noise)))
}

// noiseOf returns the distance from the background that half of the pixels at the borders have.
func noiseOf(f raster.Field) float64 {
	var edge []float64
	for _, at := range border(f) {
		edge = append(edge, f.At(at[0], at[1]))
	}
	return median(edge)
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

const (
	minContrast = 20.0 // distance from the background, at least, of half of an item's pixels
	minSolid    = 0.4  // fraction of an item's pixels, at least, that are not at an edge
	solidWidth  = 3    // width of an edge in pixels
	minSecond   = 0.4  // area of a connected component that is an item of its own, as a fraction of the largest one's
	maxBorder   = 0.25 // fraction of the picture's borders that an item may cover
)

// doubt says why a mask may not be the item, whole and alone: parts that do not differ from the background are missing, there are several items, or the picture cuts it off.
func (p *pixels) doubt(distance, mask raster.Field) string {
	var distances []float64
	inner, solid := mask.Erode(solidWidth), 0.0
	for i, v := range mask.Values {
		if v > 0 {
			distances = append(distances, distance.Values[i])
		}
		if inner.Values[i] > 0 {
			solid++
		}
	}
	switch {
	case median(distances) < minContrast:
		return "the item hardly differs from its background"
	case solid < minSolid*float64(len(distances)):
		return "the item is in pieces: parts of it do not differ from the background"
	case !p.cutOut && coveredBorder(mask) > maxBorder:
		return "the item reaches along the borders of the picture: show it whole, on a background"
	case items(mask) > 1:
		return "there are several items: show one alone"
	}
	return ""
}

// coveredBorder is the fraction of the picture's borders that a mask covers.
func coveredBorder(mask raster.Field) float64 {
	covered, positions := 0.0, border(mask)
	for _, at := range positions {
		if mask.At(at[0], at[1]) > 0 {
			covered++
		}
	}
	return covered / float64(len(positions))
}

// items counts the connected components of a mask that are large enough to be items of their own.
func items(mask raster.Field) (n int) {
	_, areas := mask.Components()
	largest := float64(slices.Max(areas))
	for _, area := range areas {
		if float64(area) >= minSecond*largest {
			n++
		}
	}
	return n
}
