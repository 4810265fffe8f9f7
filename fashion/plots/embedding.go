package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// classColours are the "muted" colours of Tol, "Colour Schemes" (2021), and a grey for a tenth. More classes begin again.
var classColours = []color.RGBA{
	{204, 102, 119, 255}, {51, 34, 136, 255}, {221, 204, 119, 255}, {17, 119, 51, 255}, {136, 204, 238, 255},
	{136, 34, 85, 255}, {68, 170, 153, 255}, {153, 153, 51, 255}, {170, 68, 153, 255}, {119, 119, 119, 255},
}

// classGlyph is the mark of a class, so that classes differ in grey too: five shapes, filled and hollow. More classes begin again.
func classGlyph(class fashion.Label, radius float64) draw.GlyphStyle {
	shape := polygon{sides: []int{8, 4, 3, 4, 3}[class%5], turn: []float64{0, math.Pi / 4, math.Pi / 2, 0, -math.Pi / 2}[class%5], hollow: class/5%2 == 1}
	return draw.GlyphStyle{Color: classColours[int(class)%len(classColours)], Radius: vg.Points(radius), Shape: shape}
}

// polygon is a regular polygon, one corner of which is at the angle turn, in radians from the right.
type polygon struct {
	sides  int
	turn   float64
	hollow bool
}

// DrawGlyph draws the polygon around a point.
func (p polygon) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	var corners []vg.Point
	for i := range p.sides + 1 {
		sin, cos := math.Sincos(p.turn + 2*math.Pi*float64(i)/float64(p.sides))
		corners = append(corners, vg.Point{X: at.X + style.Radius*vg.Length(cos), Y: at.Y + style.Radius*vg.Length(sin)})
	}
	if p.hollow {
		c.StrokeLines(draw.LineStyle{Color: style.Color, Width: vg.Points(1)}, corners)
		return
	}
	c.FillPolygon(style.Color, corners)
}

// Embedding shows images as points of a plane, as metrics.PCA and metrics.TSNE give them, in the colours and shapes of their classes. The name of a class
// stands at the median of its points: Fashion-MNIST's, or one of those given. Each point has a label; a cross marks an image that a model misclassifies, as wrong says, which may be nil.
func Embedding(title, subtitle string, points [][2]float64, labels []fashion.Label, wrong []bool, classes ...string) Figure {
	const width, height, top, edge, bottom = 640.0, 640.0, 56.0, 28.0, 34.0
	errors := 0
	for _, w := range wrong {
		if w {
			errors++
		}
	}
	toX, toY := inside(points, edge, top+10, width-2*edge, height-top-10-bottom)
	names := classNames(points, labels, classes, toX, toY)
	description := fmt.Sprintf("A scatter chart of %d images, with %d errors as crosses. Classes from the top to the bottom:", len(points), errors)
	for _, n := range names {
		description += fmt.Sprintf(" %s;", n.name)
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			for i, p := range points {
				c.DrawGlyph(classGlyph(labels[i], 2.5), ink.At(c, toX(p[0]), toY(p[1])))
			}
			for i, p := range points {
				if at(wrong, i) {
					errorCross(c, toX(p[0]), toY(p[1]))
				}
			}
			for _, n := range names {
				ink.Fill(c, color.NRGBA{255, 255, 255, 215}, n.x-n.half, n.y-nameHeight/2, 2*n.half, nameHeight)
				c.DrawGlyph(classGlyph(n.class, 4.5), ink.At(c, n.x-n.half+7, n.y))
				ink.Write(c, ink.Words(ink.Bold(10), ink.Black, 0, -0.5), n.x-n.half+14, n.y, n.name)
			}
			if errors > 0 {
				errorCross(c, 20, height-16)
				ink.Write(c, ink.Words(ink.Sans(10), ink.Black, 0, -0.5), 30, height-16, fmt.Sprintf("misclassified (%d of %d)", errors, len(points)))
			}
		},
	}
}

// errorCross draws a thin dark cross on a white one.
func errorCross(c draw.Canvas, x, y float64) {
	ink.Cross(c, draw.LineStyle{Color: color.White, Width: vg.Points(2.8)}, 3.2, x, y)
	ink.Cross(c, draw.LineStyle{Color: color.Black, Width: vg.Points(1.3)}, 3.2, x, y)
}

// inside maps the plane of points into a rectangle given by its left, top, width and height, both axes on one scale.
func inside(points [][2]float64, left, top, width, height float64) (toX, toY func(float64) float64) {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		for k, v := range p {
			low[k], high[k] = min(low[k], v), max(high[k], v)
		}
	}
	scale := math.Inf(1)
	for k, size := range []float64{width, height} {
		if high[k] > low[k] {
			scale = min(scale, size/(high[k]-low[k]))
		}
	}
	if math.IsInf(scale, 0) {
		scale = 1
	}
	toX = func(v float64) float64 { return left + width/2 + scale*(v-(low[0]+high[0])/2) }
	toY = func(v float64) float64 { return top + height/2 - scale*(v-(low[1]+high[1])/2) }
	return toX, toY
}

// className is the name and the position of a class's name: its centre and half its width in points.
type className struct {
	class      fashion.Label
	name       string
	x, y, half float64
}

const nameHeight = 14.0

// classNames are the names of the classes that have points, from the top to the bottom, each at the median of its points, or as far above or
// below as it must be to cover no other.
func classNames(points [][2]float64, labels []fashion.Label, classes fashion.Classes, toX, toY func(float64) float64) []className {
	var list []className
	for class := range fashion.Label(classes.Len()) {
		name := classes.Name(class)
		var xs, ys []float64
		for i, p := range points {
			if labels[i] == class {
				xs, ys = append(xs, toX(p[0])), append(ys, toY(p[1]))
			}
		}
		if xs != nil {
			list = append(list, className{class, name, metrics.Percentile(xs, 50), metrics.Percentile(ys, 50), ink.TextWidth(ink.Bold(10), name)/2 + 9})
		}
	}
	for range 200 {
		slices.SortStableFunc(list, func(a, b className) int { return cmp.Compare(a.y, b.y) })
		for i := range list {
			for j := range list[:i] {
				a, b := &list[j], &list[i]
				if over := nameHeight - (b.y - a.y); over > 0 && math.Abs(a.x-b.x) < a.half+b.half {
					a.y, b.y = a.y-over/2, b.y+over/2
				}
			}
		}
	}
	return list
}
