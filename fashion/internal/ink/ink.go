// Package ink has the colours, texts and shapes of which figures are drawn. Coordinates are points, 1/72 inch, from the left and the top of a canvas.
package ink

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours of Okabe and Ito, "Color Universal Design" (2008), and greys. Text is black, or grey where it is less important.
var (
	Blue      = color.RGBA{0, 114, 178, 255}
	Orange    = color.RGBA{230, 159, 0, 255}
	Vermilion = color.RGBA{213, 94, 0, 255}
	Black     = color.RGBA{34, 34, 34, 255}
	Grey      = color.RGBA{110, 110, 110, 255}
	Pale      = color.RGBA{225, 225, 225, 255}
)

// Sans is the typeface of all text.
func Sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// Bold is that of headings.
func Bold(size float64) font.Font {
	f := Sans(size)
	f.Weight = xfont.WeightBold
	return f
}

// Words is a style of text, anchored at a point: xAlign 0 begins there, -0.5 is centred, -1 ends there.
func Words(f font.Font, c color.Color, xAlign, yAlign float64) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: f, XAlign: draw.XAlignment(xAlign), YAlign: draw.YAlignment(yAlign),
		Handler: text.Plain{Fonts: font.DefaultCache}}
}

// Centred is a style of text that is centred on its point.
func Centred(f font.Font, c color.Color) draw.TextStyle { return Words(f, c, -0.5, -0.5) }

// Write puts a text at x, y points from the left and the top.
func Write(c draw.Canvas, s draw.TextStyle, x, y float64, txt string) {
	c.FillText(s, At(c, x, y), txt)
}

// At is the point at x, y points from the left and the top.
func At(c draw.Canvas, x, y float64) vg.Point {
	return vg.Point{X: c.Min.X + vg.Points(x), Y: c.Max.Y - vg.Points(y)}
}

// Fill paints a rectangle given by its left, top, width and height in points.
func Fill(c draw.Canvas, col color.Color, x, y, w, h float64) {
	c.FillPolygon(col, []vg.Point{At(c, x, y), At(c, x+w, y), At(c, x+w, y+h), At(c, x, y+h)})
}

// Stroke draws a line through points, given by their x and y in turn.
func Stroke(c draw.Canvas, style draw.LineStyle, coordinates ...float64) {
	var points []vg.Point
	for i := 0; i+1 < len(coordinates); i += 2 {
		points = append(points, At(c, coordinates[i], coordinates[i+1]))
	}
	c.StrokeLines(style, points)
}

// Disc draws a filled circle.
func Disc(c draw.Canvas, col color.Color, radius float64, p vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}, p)
}

// Cross draws a diagonal cross whose arms end so many points from its centre.
func Cross(c draw.Canvas, style draw.LineStyle, arm, x, y float64) {
	Stroke(c, style, x-arm, y+arm, x+arm, y-arm)
	Stroke(c, style, x-arm, y-arm, x+arm, y+arm)
}

// TextWidth is the width of a text in points, with room around it.
func TextWidth(f font.Font, txt string) float64 {
	return 1.15 * Words(f, Black, 0, 0).Width(txt).Points()
}

// Fitting is a style whose text is made smaller, if need be, to take no more than so many points.
func Fitting(s draw.TextStyle, txt string, points float64) draw.TextStyle {
	if w := s.Width(txt).Points(); w > points {
		s.Font.Size *= vg.Length(points / w)
	}
	return s
}
