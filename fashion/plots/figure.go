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

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"fashionlab/fashion/internal/ink"
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
	return max(f.Width, 24+ink.TextWidth(ink.Bold(13), f.Title), 24+ink.TextWidth(ink.Sans(9.5), f.Subtitle)), f.Height
}

// draw draws the heading at the top left and the body.
func (f Figure) draw(c draw.Canvas) {
	ink.Write(c, ink.Words(ink.Bold(13), ink.Black, 0, -1), 12, 10, f.Title)
	if f.Subtitle != "" {
		ink.Write(c, ink.Words(ink.Sans(9.5), ink.Grey, 0, -1), 12, 28, f.Subtitle)
	}
	f.Body(c)
}

// PNG writes the figure as a PNG image of the given resolution in dots per inch.
func (f Figure) PNG(out io.Writer, dpi int) error {
	if f.Body == nil || dpi < 1 {
		return fmt.Errorf("figure %q: want a Body and 1 dot per inch or more, not %d", f.Title, dpi)
	}
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
	f := ink.Sans(size)
	if string(m[2]) == "bold" {
		f = ink.Bold(size)
	}
	width := ink.Words(f, ink.Black, 0, 0).Width(html.UnescapeString(string(m[4]))).Points()
	return fmt.Appendf(nil, `<text textLength="%.5g" lengthAdjust="spacingAndGlyphs"%s>%s</text>`, width, m[1], m[4])
}

// SVG returns the figure as an SVG element, which shrinks to the width of what holds it.
func (f Figure) SVG() (string, error) {
	if f.Body == nil {
		return "", fmt.Errorf("figure %q has no Body", f.Title)
	}
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

// estimateLine is how an estimate's interval is drawn, estimateRadius how large its value.
var estimateLine = draw.LineStyle{Color: ink.Blue, Width: vg.Points(1.6)}

const estimateRadius = 3.4

// at is the element at a position, or the zero value beyond the end: what the caller gave nothing for.
func at[T any](list []T, i int) (v T) {
	if i < len(list) {
		v = list[i]
	}
	return v
}
