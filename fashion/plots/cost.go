package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/metrics"
)

// Priced is a named estimate with what it cost.
type Priced struct {
	Name  string
	Value metrics.Interval
	Cost  float64
}

// Costs shows estimates with their 95% intervals over what they cost, on an axis with that label. Both axes begin where the data do.
func Costs(title, second, cost, value string, list []Priced) Figure {
	description := fmt.Sprintf("Points with 95%% intervals: %s over %s.", value, cost)
	for _, p := range list {
		description += fmt.Sprintf(" %s: %v at %.3g.", p.Name, p.Value, p.Cost)
	}
	const width, height = 640.0, 330.0
	return Figure{
		Title: title, Description: description, width: vg.Points(width), height: vg.Points(height),
		draw: func(c draw.Canvas) {
			heading(c, title, second)
			p := newPlot(cost, value)
			p.Add(priced(list))
			low, high, last := math.Inf(1), math.Inf(-1), 0.0
			for _, m := range list {
				low, high, last = min(low, m.Value.Low), max(high, m.Value.High), max(last, m.Cost)
			}
			widen(&p.Y, low, high)
			p.X.Min, p.X.Max = 0, last*1.3 // room for the last one's name
			sideBySide(c, width, 46, p)
		},
	}
}

// priced draws the points; plot.Plot asks for no more than Plot.
type priced []Priced

func (list priced) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	byValue := slices.SortedFunc(slices.Values(list), func(a, b Priced) int { return cmp.Compare(b.Value.Value, a.Value.Value) })
	var last vg.Point // of a name
	for i, m := range byValue {
		at, value := x(m.Cost), y(m.Value.Value)
		c.StrokeLine2(draw.LineStyle{Color: blue, Width: vg.Points(1.6)}, at, y(m.Value.Low), at, y(m.Value.High))
		c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: vg.Points(3.4), Shape: draw.CircleGlyph{}}, vg.Point{X: at, Y: value})
		name := vg.Point{X: at + vg.Points(7), Y: value}
		if i > 0 && math.Abs(float64(name.X-last.X)) < 130 {
			name.Y = min(name.Y, last.Y-vg.Points(11)) // under the name before
		}
		c.FillText(words(sans(9), ink, 0, -0.5), name, m.Name)
		last = name
	}
}
