// Package concepts draws the figures that explain how a network learns: a convolution at one position, kernels and feature maps, paths down a surface, and curves.
package concepts

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/plots"
)

// top is where a figure's body begins, in points, below the heading.
const top = 62.0

// box outlines a rectangle given by its left, top, width and height in points.
func box(c draw.Canvas, style draw.LineStyle, x, y, w, h float64) {
	ink.Stroke(c, style, x, y, x+w, y, x+w, y+h, x, y+h, x, y)
}

// window frames what is looked at. It is edged in white, because printed in grey its colour is that of a picture's background.
func window(c draw.Canvas, x, y, side float64) {
	box(c, draw.LineStyle{Color: color.White, Width: vg.Points(4)}, x, y, side, side)
	box(c, draw.LineStyle{Color: ink.Vermilion, Width: vg.Points(1.6)}, x, y, side, side)
}

// shade is the grey of a value: white for -limit or less, black for limit or more.
func shade(v, limit float64) color.Gray {
	return color.Gray{uint8(math.Round(255 * (1 - (min(max(v/limit, -1), 1)+1)/2)))}
}

// Map is a square of numbers, row by row: a kernel, a feature map, the weights of a class.
type Map struct {
	Name   string
	Values []float64
}

// side is how many rows and columns the map has.
func (m Map) side() int { return int(math.Round(math.Sqrt(float64(len(m.Values))))) }

// limit is the largest magnitude of its values; 1 if all are 0.
func (m Map) limit() float64 {
	limit := 0.0
	for _, v := range m.Values {
		limit = max(limit, math.Abs(v))
	}
	if limit == 0 {
		return 1
	}
	return limit
}

// draw draws the map in a square given by its left, top and side in points.
func (m Map) draw(c draw.Canvas, limit, x, y, side float64) {
	n := m.side()
	enlarged := max(2, 56/n) // pixels for each value, so that no viewer smooths them away
	img := image.NewGray(image.Rect(0, 0, n*enlarged, n*enlarged))
	for i := range n * enlarged {
		for j := range n * enlarged {
			img.SetGray(j, i, shade(m.Values[i/enlarged*n+j/enlarged], limit))
		}
	}
	c.DrawImage(vg.Rectangle{Min: ink.At(c, x, y+side), Max: ink.At(c, x+side, y)}, img)
	box(c, draw.LineStyle{Color: ink.Grey, Width: vg.Points(0.5)}, x, y, side, side)
}

// Maps shows maps in rows of so many, each with its name below and in its own scale: the largest magnitude is white where it is negative and black where it is positive; 0 is
// grey.
func Maps(title, subtitle string, columns int, list []Map) plots.Figure {
	const side, gap, left, pitch = 92.0, 16.0, 16.0, 118.0
	description := fmt.Sprintf("%d grey pictures; 0 is grey, what is positive is darker.", len(list))
	for _, m := range list {
		description += fmt.Sprintf(" %s: magnitudes up to %.3g.", m.Name, m.limit())
	}
	rows := (len(list) + columns - 1) / columns
	return plots.Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(columns)*(side+gap) - gap, Height: top - 14 + float64(rows)*pitch,
		Body: func(c draw.Canvas) {
			for i, m := range list {
				x, y := left+float64(i%columns)*(side+gap), top-14+float64(i/columns)*pitch
				m.draw(c, m.limit(), x, y, side)
				ink.Write(c, ink.Centred(ink.Sans(9.5), ink.Black), x+side/2, y+side+10, m.Name)
			}
		},
	}
}

// Convolution shows a 3x3 convolution at one position, 0-based, that is not on the border: the input with its window, the window's values, the kernel's, their sum of products, and the output with that
// position. Names are those of the input and the output.
func Convolution(title string, input, kernel, output Map, row, column int) plots.Figure {
	const picture, cell, left, gap = 190.0, 38.0, 16.0, 34.0
	n, sum := input.side(), 0.0
	var patch []float64
	for i, k := range kernel.Values {
		v := input.Values[(row+i/3-1)*n+column+i%3-1]
		patch, sum = append(patch, v), sum+k*v
	}
	third := []float64{left + picture + gap, left + picture + 2*gap + 3*cell, left + picture + 4*gap + 6*cell} // where the grids and the output begin
	return plots.Figure{Title: title, Subtitle: "each picture in its own scale: 0 is grey, what is positive is darker, what is negative is lighter",
		Description: fmt.Sprintf("%s, the 3x3 values at row %d, column %d, the kernel, and %s. The products of values and kernel add up to %.2f.", input.Name, row, column, output.Name, sum),
		Width:       third[2] + picture + left, Height: top + picture + 34,
		Body: func(c draw.Canvas) {
			pixel := picture / float64(n)
			input.draw(c, input.limit(), left, top, picture)
			window(c, left+float64(column-1)*pixel, top+float64(row-1)*pixel, 3*pixel)
			output.draw(c, output.limit(), third[2], top, picture)
			window(c, third[2]+float64(column)*pixel-1, top+float64(row)*pixel-1, pixel+2)
			middle := top + picture/2
			numbers(c, patch, third[0], middle-1.5*cell, cell)
			ink.Write(c, ink.Centred(ink.Sans(18), ink.Black), third[0]+3*cell+gap/2, middle, "×")
			numbers(c, kernel.Values, third[1], middle-1.5*cell, cell)
			ink.Write(c, ink.Centred(ink.Sans(14), ink.Black), third[1]+3*cell+gap, middle, fmt.Sprintf("= %.2f", sum))
			for i, label := range []string{"the window's values", kernel.Name} {
				ink.Write(c, ink.Centred(ink.Sans(9.5), ink.Grey), third[i]+1.5*cell, middle+1.5*cell+14, label)
			}
			ink.Write(c, ink.Centred(ink.Sans(9.5), ink.Black), left+picture/2, top+picture+14, input.Name)
			ink.Write(c, ink.Centred(ink.Sans(9.5), ink.Black), third[2]+picture/2, top+picture+14, output.Name)
		},
	}
}

// numbers writes nine values in a grid of three rows.
func numbers(c draw.Canvas, values []float64, x, y, cell float64) {
	for i, v := range values {
		left, above := x+float64(i%3)*cell, y+float64(i/3)*cell
		box(c, draw.LineStyle{Color: ink.Grey, Width: vg.Points(0.7)}, left, above, cell, cell)
		ink.Write(c, ink.Centred(ink.Sans(10.5), ink.Black), left+cell/2, above+cell/2, fmt.Sprintf("%.2g", v))
	}
}

// Curve is a named sequence of points.
type Curve struct {
	Name   string
	Points plotter.XYs
}

// Curves shows up to four curves in one chart.
func Curves(title, subtitle, x, y string, list []Curve) plots.Figure {
	return lines(title, subtitle, list, func() *plot.Plot { return plots.NewPlot(x, y) })
}

// LogCurves is Curves with a logarithmic x axis: all x are positive.
func LogCurves(title, subtitle, x, y string, list []Curve) plots.Figure {
	return lines(title, subtitle, list, func() *plot.Plot {
		p := plots.NewPlot(x, y)
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		return p
	})
}

// lines is a chart of curves with a description of where they begin and end.
func lines(title, subtitle string, list []Curve, begin func() *plot.Plot) plots.Figure {
	description := "A line chart."
	for _, k := range list {
		first, last := k.Points[0], k.Points[len(k.Points)-1]
		description += fmt.Sprintf(" %s goes from %.3g at %.4g to %.3g at %.4g.", k.Name, first.Y, first.X, last.Y, last.X)
	}
	return chart(title, subtitle, description, 640, 330, list, begin)
}

// Surface is the values of a function of two parameters on a grid: Rows[i][j] is that at Xs[j], Ys[i].
type Surface struct {
	Xs, Ys []float64
	Rows   [][]float64
}

// Paths shows up to four paths on a surface, each from a ring to a disc. The surface is shaded in bands, the higher the darker; from one to the next its height above the lowest
// value grows by the same factor. What leaves the grid is not drawn.
func Paths(title, subtitle string, s Surface, list []Curve) plots.Figure {
	low, high := s.heights()
	description := fmt.Sprintf("Bands of equal height, from %.3g to %.3g, with paths.", low, high)
	for _, k := range list {
		last := k.Points[len(k.Points)-1]
		description += fmt.Sprintf(" %s ends at (%.2f, %.2f) after %d steps.", k.Name, last.X, last.Y, len(k.Points)-1)
	}
	return chart(title, subtitle, description, 640, 430, list, func() *plot.Plot {
		p := plots.NewPlot("first parameter", "second parameter")
		p.Add(s)
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = s.Xs[0], s.Xs[len(s.Xs)-1], s.Ys[0], s.Ys[len(s.Ys)-1]
		return p
	})
}

// heights are the lowest and the highest value.
func (s Surface) heights() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, row := range s.Rows {
		for _, z := range row {
			low, high = min(low, z), max(high, z)
		}
	}
	return low, high
}

// Plot draws the bands into a chart that ends where the grid does.
func (s Surface) Plot(c draw.Canvas, _ *plot.Plot) {
	const bands, factor = 12, 0.6 // each band begins at 0.6 of the next one's height
	low, high := s.heights()
	size := c.Size()
	width, height := 600, int(600*size.Y/size.X) // in the proportions of the chart, because an image keeps its own
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range height {
		for j := range width {
			z := s.Rows[(height-1-i)*len(s.Ys)/height][j*len(s.Xs)/width]
			band := bands + math.Ceil(math.Log((z-low)/(high-low))/math.Log(1/factor)) // -Inf at the lowest
			img.SetGray(j, i, color.Gray{uint8(255 - 5*max(band, 0))})
		}
	}
	c.DrawImage(c.Rectangle, img)
}

// fewPoints is up to how many points of a curve are marked.
const fewPoints = 30

// chart draws curves into a plot, each with its name above it, a ring at its start and a disc at its end.
func chart(title, subtitle, description string, width, height float64, list []Curve, begin func() *plot.Plot) plots.Figure {
	return plots.Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			p := begin()
			for i, k := range list {
				style := plots.CurveStyle(i)
				ends := plotter.XYs{k.Points[0], k.Points[len(k.Points)-1]}
				for j, shape := range []draw.GlyphDrawer{draw.RingGlyph{}, draw.CircleGlyph{}} {
					p.Add(&plotter.Scatter{XYs: ends[j : j+1], GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(3.4), Shape: shape}})
				}
				p.Add(&plotter.Line{XYs: k.Points, LineStyle: style})
				if len(k.Points) <= fewPoints {
					p.Add(&plotter.Scatter{XYs: k.Points[1:], GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}})
				}
				x := 20 + float64(i)*(width-20)/4
				ink.Stroke(c, style, x, top-10, x+24, top-10)
				label := p.X.Tick.Label
				label.Color, label.XAlign, label.YAlign = ink.Black, draw.XLeft, draw.YCenter
				ink.Write(c, label, x+30, top-10, k.Name)
			}
			p.Draw(draw.Crop(c, vg.Points(8), vg.Points(-12), vg.Points(8), -vg.Points(top)))
		},
	}
}
