// Package raster has a number for each pixel of a picture, and what is done with such numbers.
package raster

import (
	"image"
	"math"
	"slices"
)

// Field is a value for each pixel of a picture, row by row.
type Field struct {
	Width, Height int
	Values        []float64
}

// New returns a field of zeros.
func New(width, height int) Field { return Field{width, height, make([]float64, width*height)} }

func (f Field) At(x, y int) float64 { return f.Values[y*f.Width+x] }

// Picture returns values of 0 to 255 as a grey picture.
func (f Field) Picture() image.Image {
	out := image.NewGray(image.Rect(0, 0, f.Width, f.Height))
	for i, v := range f.Values {
		out.Pix[i] = Level(v)
	}
	return out
}

// Erode replaces each value by the minimum within a square of that radius, in pixels.
func (f Field) Erode(radius int) Field {
	return f.filterRows(radius, minOf).transposed().filterRows(radius, minOf).transposed()
}

// Dilate replaces each value by the maximum within a square of that radius, in pixels.
func (f Field) Dilate(radius int) Field {
	return f.filterRows(radius, maxOf).transposed().filterRows(radius, maxOf).transposed()
}

func minOf(values []float64) float64 { return slices.Min(values) }
func maxOf(values []float64) float64 { return slices.Max(values) }

// filterRows replaces each value by choose of the values in its row up to radius pixels to either side.
func (f Field) filterRows(radius int, choose func([]float64) float64) Field {
	out := New(f.Width, f.Height)
	for y := range f.Height {
		row := f.Values[y*f.Width : (y+1)*f.Width]
		for x := range row {
			out.Values[y*f.Width+x] = choose(row[max(0, x-radius):min(f.Width, x+radius+1)])
		}
	}
	return out
}

// transposed exchanges rows and columns.
func (f Field) transposed() Field {
	out := New(f.Height, f.Width)
	for y := range f.Height {
		for x := range f.Width {
			out.Values[x*f.Height+y] = f.Values[y*f.Width+x]
		}
	}
	return out
}

// Components labels the connected components of the pixels above 0: the component of each pixel, -1 for none, and the areas of the components, in pixels.
func (f Field) Components() (of []int, areas []int) {
	of = make([]int, len(f.Values))
	for i := range of {
		of[i] = -1
	}
	for start, v := range f.Values {
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
			x, y := i%f.Width, i/f.Width
			for _, next := range [][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if next[0] < 0 || next[1] < 0 || next[0] >= f.Width || next[1] >= f.Height {
					continue
				}
				if j := next[1]*f.Width + next[0]; of[j] < 0 && f.Values[j] > 0 {
					of[j] = component
					stack = append(stack, j)
				}
			}
		}
	}
	return of, areas
}

// Box returns the bounding box of the pixels above 0; ok is false if there are none.
func (f Field) Box() (box image.Rectangle, ok bool) {
	for i, v := range f.Values {
		if v > 0 {
			x, y := i%f.Width, i/f.Width
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box, !box.Empty()
}

// Gaussian returns the values of a Gaussian of that standard deviation, in pixels, at whole pixels up to three standard deviations from its centre, and their sum. The largest is 1.
func Gaussian(deviation float64) (weights []float64, sum float64) {
	radius := int(3*deviation + 0.5)
	weights = make([]float64, 2*radius+1)
	for i := range weights {
		d := float64(i-radius) / deviation
		weights[i] = math.Exp(-d * d / 2)
		sum += weights[i]
	}
	return weights, sum
}

// Level rounds to a grey level, 0 to 255.
func Level(v float64) uint8 { return uint8(min(255, max(0, v+0.5))) }

// Luma returns the grey level of a colour, all 0 to 255 (ITU-R BT.601, as in the data set).
func Luma(r, g, b float64) float64 { return 0.299*r + 0.587*g + 0.114*b }
