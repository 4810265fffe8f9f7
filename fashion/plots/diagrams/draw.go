// Package diagrams draws boxes and arrows: the layers of a network, the stages of a method.
package diagrams

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	blue  = color.RGBA{0, 114, 178, 255}
	ink   = color.RGBA{34, 34, 34, 255}
	muted = color.RGBA{110, 110, 110, 255}
)

// Box is a step of a diagram.
type Box struct {
	Name, Note string
	Width      float64 // in Chains, fraction of the column's width, 0 for all of it: how many channels a layer has beside the others, say
	Apart      bool    // in Method, no arrow leaves the box
}

// draw draws a box with its name and note, both made smaller if they do not fit.
func (b Box) draw(c draw.Canvas, x, y, width, height float64) {
	fill(c, color.RGBA{221, 233, 243, 255}, x, y, width, height)
	fill(c, blue, x, y, 2.5, height)
	write(c, fitting(centred(10, ink), b.Name, width-14), x+width/2, y+height/3, b.Name)
	write(c, fitting(centred(8.5, muted), b.Note, width-14), x+width/2, y+height*0.72, b.Note)
}

// at is the point at x, y points from the left and the top.
func at(c draw.Canvas, x, y float64) vg.Point {
	return vg.Point{X: c.Min.X + vg.Points(x), Y: c.Max.Y - vg.Points(y)}
}

// centred is a style of text that is centred on its point.
func centred(size float64, col color.Color) draw.TextStyle {
	return draw.TextStyle{Color: col, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)},
		XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: text.Plain{Fonts: font.DefaultCache}}
}

// heading is bold and centred.
func heading(size float64) draw.TextStyle {
	s := centred(size, ink)
	s.Font.Weight = xfont.WeightBold
	return s
}

// fitting is a style whose text is made smaller, if need be, to take no more than so many points.
func fitting(s draw.TextStyle, txt string, points float64) draw.TextStyle {
	if w := s.Width(txt).Points(); w > points {
		s.Font.Size *= vg.Length(points / w)
	}
	return s
}

// write writes a text at x, y points from the left and the top.
func write(c draw.Canvas, s draw.TextStyle, x, y float64, txt string) {
	c.FillText(s, at(c, x, y), txt)
}

// fill paints a rectangle given by its left, top, width and height in points.
func fill(c draw.Canvas, col color.Color, x, y, w, h float64) {
	c.FillPolygon(col, []vg.Point{at(c, x, y), at(c, x+w, y), at(c, x+w, y+h), at(c, x, y+h)})
}

// path draws a thin line through points, given by their x and y in turn.
func path(c draw.Canvas, coordinates ...float64) {
	var points []vg.Point
	for i := 0; i+1 < len(coordinates); i += 2 {
		points = append(points, at(c, coordinates[i], coordinates[i+1]))
	}
	c.StrokeLines(draw.LineStyle{Color: muted, Width: vg.Points(1)}, points)
}
