package growth

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/plots"
)

const (
	columnWidth, rowHeight = 240.0, 205.0 // of a chart
	top, keyLine           = 52.0, 14.0   // above the names of the tasks, and for each of them
)

// drawn is a chart's column: the tasks of a subject.
type drawn struct {
	subject string
	tasks   []series
}

// figure shows the time of all tasks over n, and under it the memory where the system tells it, a column for each subject. All axes are logarithmic.
func figure(list []series) plots.Figure {
	var columns []drawn
	lines, memory := 0, true
	description := "Line charts with logarithmic axes."
	for _, s := range list {
		if len(columns) == 0 || columns[len(columns)-1].subject != s.subject {
			columns = append(columns, drawn{subject: s.subject})
		}
		c := &columns[len(columns)-1]
		c.tasks = append(c.tasks, s)
		lines, memory = max(lines, len(c.tasks)), memory && s.points[0].Peak > 0
		last := s.points[len(s.points)-1]
		description += fmt.Sprintf(" %s: %s with %s %s, %s.", s.task, seconds(last.time()), text.Thousands(last.N), s.subject, s.verdict())
	}
	subtitle, rows := "time", 1
	if memory {
		subtitle, rows = "time (above) and peak memory (below)", 2
	}
	subtitle += fmt.Sprintf(" over n; all axes are logarithmic; dashed: in proportion to n; n^: how time grows at the %d largest sizes", largest)
	above := top + keyLine*float64(lines)
	return plots.Figure{Title: "How time and memory grow", Subtitle: subtitle, Description: description, Width: columnWidth * float64(len(columns)), Height: above + rowHeight*float64(rows) + 8,
		Body: func(c draw.Canvas) {
			charts := make([][]*plot.Plot, rows)
			for _, column := range columns {
				charts[0] = append(charts[0], chart(column, "time (s)", func(p point) float64 { return p.time() }))
				if memory {
					charts[1] = append(charts[1], chart(column, "peak memory (MB)", func(p point) float64 { return float64(p.Peak) / (1 << 20) }))
				}
			}
			tiles := draw.Tiles{Rows: rows, Cols: len(columns), PadLeft: vg.Points(8), PadRight: vg.Points(14), PadTop: vg.Points(above), PadBottom: vg.Points(8), PadX: vg.Points(10), PadY: vg.Points(8)}
			words := charts[0][0].X.Label.TextStyle
			words.Color, words.XAlign, words.YAlign = ink.Black, draw.XLeft, draw.YCenter
			for i, canvases := range plot.Align(charts, tiles, c) {
				for j, chart := range charts[i] {
					chart.Draw(canvases[j])
				}
				if i > 0 {
					continue
				}
				for j, column := range columns {
					for k, s := range column.tasks {
						x, y := charts[0][j].DataCanvas(canvases[j]).Min.X, c.Max.Y-vg.Points(above-keyLine*float64(len(column.tasks)-k))
						c.StrokeLine2(plots.CurveStyle(k), x, y, x+vg.Points(24), y)
						c.FillText(words, vg.Point{X: x + vg.Points(30), Y: y}, s.key())
					}
				}
			}
		},
	}
}

// chart shows a value of the points of a subject's tasks.
func chart(column drawn, label string, value func(point) float64) *plot.Plot {
	p := plots.NewPlot(column.subject, label)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	for i, s := range column.tasks {
		var points plotter.XYs
		for _, m := range s.points {
			points = append(points, plotter.XY{X: float64(m.N), Y: value(m)})
		}
		style := plots.CurveStyle(i)
		p.Add(&plotter.Line{XYs: points, LineStyle: style}, &plotter.Scatter{XYs: points, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}})
	}
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*1.3
	p.Y.Min, p.Y.Max = powersAround(p.Y.Min, p.Y.Max)
	p.Add(proportional{})
	p.X.Tick.Marker, p.Y.Tick.Marker = powersOfTen{}, powersOfTen{}
	return p
}

// powersAround are the powers of ten around a range, two apart at least.
func powersAround(low, high float64) (below, above float64) {
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	if last-first < 2 {
		last = first + 2
	}
	return math.Pow(10, first), math.Pow(10, last)
}

// proportional draws lines of proportional growth, a power of ten apart.
type proportional struct{}

func (proportional) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: color.RGBA{190, 190, 190, 255}, Width: vg.Points(0.7), Dashes: []vg.Length{vg.Points(3), vg.Points(3)}}
	for power := math.Floor(math.Log10(p.Y.Min / p.X.Max)); power <= math.Log10(p.Y.Max/p.X.Min); power++ {
		of := math.Pow(10, power) // y at x = 1
		from, to := max(p.X.Min, p.Y.Min/of), min(p.X.Max, p.Y.Max/of)
		if from < to {
			c.StrokeLine2(style, x(from), y(from*of), x(to), y(to*of))
		}
	}
}

// powersOfTen puts ticks there.
type powersOfTen struct{}

func (powersOfTen) Ticks(low, high float64) (ticks []plot.Tick) {
	for power := math.Ceil(math.Log10(low) - 1e-9); power <= math.Log10(high)+1e-9; power++ {
		v, label := math.Pow(10, power), ""
		if v >= 1 {
			label = text.Thousands(int(v + 0.5))
		} else {
			label = fmt.Sprintf("%g", v)
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}
