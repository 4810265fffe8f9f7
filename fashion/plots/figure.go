// Package plots draws the study's figures from the data set and from saved runs, as self-contained SVG or PNG. A
// figure carries a title and a description for screen readers, refers to nothing outside itself, and is readable in
// grey and for the colour-blind: classes of marks differ in more than their hue.
package plots

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"image/color"
	"io"
	"regexp"
	"strconv"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a drawing under a heading, with what a screen reader says of it.
type Figure struct {
	Title       string
	Description string
	Subtitle    string
	Width       float64           // points; the figure is wider if its heading needs it
	Height      float64           // points
	Body        func(draw.Canvas) // draws all but the heading, which takes the top 44 points
}

// Size returns the figure's width and height in points, 1/72 inch.
func (f Figure) Size() (width, height float64) {
	return max(f.Width, 24+textWidth(bold(13), f.Title), 24+textWidth(sans(9.5), f.Subtitle)), f.Height
}

// draw draws the heading at the top left and the body.
func (f Figure) draw(c draw.Canvas) {
	write(c, words(bold(13), ink, 0, -1), 12, 10, f.Title)
	if f.Subtitle != "" {
		write(c, words(sans(9.5), grey, 0, -1), 12, 28, f.Subtitle)
	}
	f.Body(c)
}

// PNG writes the figure as a PNG image of the given resolution in dots per inch.
func (f Figure) PNG(out io.Writer, dpi int) error {
	w, h := f.Size()
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(w), vg.Points(h)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	f.draw(draw.New(c))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(out)
	return err
}

// svgHead matches the opening tag that the SVG backend writes.
var svgHead = regexp.MustCompile(`(?s)<\?xml.*?<svg width="[^"]*" height="[^"]*"`)

// svgText matches a text that the SVG backend writes: its attributes with weight and size, and the text.
var svgText = regexp.MustCompile(`(?s)<text([^>]*font-weight:(\w+);[^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)

// keepWidth gives a text the width that the layout measured: a viewer without our typeface fits its own into it.
func keepWidth(element []byte) []byte {
	m := svgText.FindSubmatch(element)
	size, err := strconv.ParseFloat(string(m[3]), 64)
	if err != nil {
		return element
	}
	f := sans(size)
	if string(m[2]) == "bold" {
		f = bold(size)
	}
	width := words(f, ink, 0, 0).Width(html.UnescapeString(string(m[4]))).Points()
	return fmt.Appendf(nil, `<text textLength="%.5g" lengthAdjust="spacingAndGlyphs"%s>%s</text>`, width, m[1], m[4])
}

// SVG returns the figure as an SVG element, which shrinks to the width of what holds it.
func (f Figure) SVG() (string, error) {
	w, h := f.Size()
	c := vgsvg.New(vg.Points(w), vg.Points(h))
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("figure %q: %w", f.Title, err)
	}
	out := bytes.ReplaceAll(svgText.ReplaceAllFunc(b.Bytes(), keepWidth), []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif"))
	head := svgHead.FindIndex(out)
	if head == nil {
		return "", fmt.Errorf("figure %q: the SVG backend wrote an unknown head %.80q", f.Title, out)
	}
	tag := bytes.IndexByte(out[head[1]:], '>') + head[1]
	var s bytes.Buffer
	fmt.Fprintf(&s, `<svg role="img" width="%g" height="%g" style="max-width:100%%;height:auto;background:white"`, w*4/3, h*4/3)
	s.Write(out[head[1] : tag+1])
	for _, e := range [][2]string{{"title", f.Title}, {"desc", f.Description}} {
		fmt.Fprintf(&s, "\n<%s>", e[0])
		if err := xml.EscapeText(&s, []byte(e[1])); err != nil {
			return "", err
		}
		fmt.Fprintf(&s, "</%s>", e[0])
	}
	s.Write(out[tag+1:])
	return s.String(), nil
}

// The colours of Okabe and Ito, "Color Universal Design" (2008), and greys.
var (
	blue      = color.RGBA{0, 114, 178, 255}
	orange    = color.RGBA{230, 159, 0, 255}
	vermilion = color.RGBA{213, 94, 0, 255}
	ink       = color.RGBA{34, 34, 34, 255}
	grey      = color.RGBA{110, 110, 110, 255}
	pale      = color.RGBA{225, 225, 225, 255}
)

// sans is the typeface of all text.
func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

func bold(size float64) font.Font {
	f := sans(size)
	f.Weight = xfont.WeightBold
	return f
}

// words is a style of text, anchored at a point: xAlign 0 begins there, -0.5 is centred, -1 ends there.
func words(f font.Font, c color.Color, xAlign, yAlign float64) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: f, XAlign: draw.XAlignment(xAlign), YAlign: draw.YAlignment(yAlign),
		Handler: text.Plain{Fonts: font.DefaultCache}}
}

// write puts a text at x, y points from the left and the top.
func write(c draw.Canvas, s draw.TextStyle, x, y float64, txt string) {
	c.FillText(s, at(c, x, y), txt)
}

// at is the point at x, y points from the left and the top.
func at(c draw.Canvas, x, y float64) vg.Point {
	return vg.Point{X: c.Min.X + vg.Points(x), Y: c.Max.Y - vg.Points(y)}
}

// fill paints a rectangle given by its left, top, width and height in points.
func fill(c draw.Canvas, col color.Color, x, y, w, h float64) {
	c.FillPolygon(col, []vg.Point{at(c, x, y), at(c, x+w, y), at(c, x+w, y+h), at(c, x, y+h)})
}

// stroke draws a line through points, given by their x and y in turn.
func stroke(c draw.Canvas, style draw.LineStyle, coordinates ...float64) {
	var points []vg.Point
	for i := 0; i+1 < len(coordinates); i += 2 {
		points = append(points, at(c, coordinates[i], coordinates[i+1]))
	}
	c.StrokeLines(style, points)
}

// disc draws a filled circle.
func disc(c draw.Canvas, col color.Color, radius float64, p vg.Point) {
	c.DrawGlyph(draw.GlyphStyle{Color: col, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}, p)
}

// cross draws a diagonal cross whose arms end so many points from its centre.
func cross(c draw.Canvas, style draw.LineStyle, arm, x, y float64) {
	stroke(c, style, x-arm, y+arm, x+arm, y-arm)
	stroke(c, style, x-arm, y-arm, x+arm, y+arm)
}

// estimateLine is how an estimate's interval is drawn, estimateRadius how large its value.
var estimateLine = draw.LineStyle{Color: blue, Width: vg.Points(1.6)}

const estimateRadius = 3.4

// textWidth is the width of a text in points, with room around it.
func textWidth(f font.Font, txt string) float64 {
	return 1.15 * words(f, ink, 0, 0).Width(txt).Points()
}

// fitting is a style whose text is made smaller, if need be, to take no more than so many points.
func fitting(s draw.TextStyle, txt string, points float64) draw.TextStyle {
	if w := s.Width(txt).Points(); w > points {
		s.Font.Size *= vg.Length(points / w)
	}
	return s
}
