package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// Priced is a named estimate with what it cost.
type Priced struct {
	Name  string
	Value metrics.Interval
	Cost  float64
}

// Axes are the labels of a chart's axes.
type Axes struct{ X, Y string }

// Costs shows estimates with their 95% intervals (y) over what they cost (x). The x axis begins at 0, the y axis where the intervals do.
func Costs(title, subtitle string, axes Axes, list []Priced) Figure {
	description := fmt.Sprintf("Points with 95%% intervals: %s over %s.", axes.Y, axes.X)
	for _, p := range list {
		description += fmt.Sprintf(" %s: %v at %.3g.", p.Name, p.Value, p.Cost)
	}
	const width, height = 640.0, 330.0
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			p := NewPlot(axes.X, axes.Y)
			p.Add(priced(list))
			costs, values := ink.NoExtent(), ink.NoExtent()
			costs.Include(0)
			for _, m := range list {
				values.Include(m.Value.Value, m.Value.Low, m.Value.High)
				costs.Include(1.3 * m.Cost) // room for the last one's name
			}
			p.X.Min, p.X.Max = 0, max(costs.High, 1e-9)
			p.Y.Min, p.Y.Max = values.Limits()
			leaveRoom(&p.Y)
			sideBySide(c, 46, p)
		},
	}
}

// priced draws the points; plot.Plot asks for no more than Plot.
type priced []Priced

func (list priced) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	byValue := slices.SortedFunc(slices.Values(list), func(a, b Priced) int { return cmp.Compare(b.Value.Value, a.Value.Value) })
	var last vg.Point // of a name
	for _, m := range byValue {
		if !ink.Finite(m.Cost, m.Value.Value) {
			continue // the description has it
		}
		at, value := x(m.Cost), y(m.Value.Value)
		if ink.Finite(m.Value.Low, m.Value.High) {
			c.StrokeLine2(estimateLine, at, y(m.Value.Low), at, y(m.Value.High))
		}
		ink.Disc(c, ink.Blue, estimateRadius, vg.Point{X: at, Y: value})
		if width := ink.Words(ink.Sans(9), ink.Black, 0, 0).Width(m.Name) + vg.Points(10); at-width > c.Min.X && slices.ContainsFunc(list, func(o Priced) bool {
			return o != m && x(o.Cost) >= at && x(o.Cost) < at+width && y(o.Value.Low) < value+vg.Points(5) && y(o.Value.High) > value-vg.Points(5)
		}) { // another point stands where the name would be
			c.FillText(ink.Words(ink.Sans(9), ink.Black, -1, -0.5), vg.Point{X: at - vg.Points(7), Y: value}, m.Name)
			continue
		}
		name := vg.Point{X: at + vg.Points(7), Y: value}
		if last != (vg.Point{}) && math.Abs(float64(name.X-last.X)) < 130 {
			name.Y = min(name.Y, last.Y-vg.Points(11)) // under the name before
		}
		c.FillText(ink.Words(ink.Sans(9), ink.Black, 0, -0.5), name, m.Name)
		last = name
	}
}
