package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/internal/ink"
)

// Brackets shows a table of Hyperband as dots: a row for each bracket, a block of dots for each rung, a dot for each trial. Pale
// ones are dropped.
func Brackets(brackets []hyperband.Bracket) Figure {
	const left, top, gap, width = 96.0, 56.0, 16.0, 720.0
	columns, most := 0, 1
	for _, b := range brackets {
		columns = max(columns, len(b.Rungs))
		most = max(most, b.Rungs[0].Trials)
	}
	cell := (width - left - 12) / float64(columns)
	side := int(math.Ceil(math.Sqrt(float64(most))))
	pitch := min(10, (cell-gap)/float64(side))
	heights := make([]float64, len(brackets))
	total := top
	for i, b := range brackets {
		heights[i] = 30 + pitch*math.Ceil(math.Sqrt(float64(b.Rungs[0].Trials)))
		total += heights[i]
	}
	cost := hyperband.Cost(brackets)
	subtitle := fmt.Sprintf("%d trials, %d epochs in all; each dot is a trial, a pale one is dropped", cost.Trials, cost.Epochs)
	return Figure{
		Title: "Brackets and rungs", Subtitle: subtitle, Description: fmt.Sprintf("A table of dots with %d rows, the brackets. %s.", len(brackets), subtitle),
		Width: width, Height: total,
		Body: func(c draw.Canvas) {
			y := top
			for i, b := range brackets {
				ink.Write(c, ink.Words(ink.Bold(10), ink.Black, 0, -1), 12, y, fmt.Sprintf("bracket %d", b.S))
				for k, r := range b.Rungs {
					x := left + cell*float64(columns-len(b.Rungs)+k)
					stay := r.Trials
					if k+1 < len(b.Rungs) {
						stay = b.Rungs[k+1].Trials
					}
					ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -1), x, y, fmt.Sprintf("%d to epoch %d", r.Trials, r.Epochs))
					dots(c, x, y+16, pitch, r.Trials, stay)
				}
				y += heights[i]
			}
		},
	}
}

// dots draws n dots as a square block, of which the first so many are dark.
func dots(c draw.Canvas, x, y, pitch float64, n, dark int) {
	side := int(math.Ceil(math.Sqrt(float64(n))))
	for i := range n {
		col := color.RGBA{200, 200, 200, 255}
		if i < dark {
			col = ink.Blue
		}
		ink.Disc(c, col, pitch*0.36, ink.At(c, x+pitch*(float64(i%side)+0.5), y+pitch*(float64(i/side)+0.5)))
	}
}

// rungStyle is how the curve of a trial is drawn that reached a rung, of so many: the further, the darker and the thicker.
func rungStyle(rung, rungs int) draw.LineStyle {
	f := 1.0
	if rungs > 1 {
		f = float64(rung) / float64(rungs-1)
	}
	return draw.LineStyle{Color: mix(color.RGBA{205, 205, 205, 255}, ink.Blue, f), Width: vg.Points(0.8 + 0.9*f)}
}

// SearchCurves shows what the trials of a search scored after each of their epochs, cut where they were dropped. A trial that
// got further is drawn darker; the best one is thick and orange.
func SearchCurves[C comparable](title, score string, s hyperband.State[C]) Figure {
	const width, height, top = 720.0, 340.0, 48.0
	list := s.Ranking()
	subtitle := "nothing is measured yet"
	if len(list) > 0 {
		subtitle = fmt.Sprintf("%d configurations, %d of %d epochs; the darker a line, the more rungs; thick orange: the best, trial %d with %.4f",
			len(list), s.Epochs, s.Planned, list[0].ID, list[0].Score(0))
	}
	return Figure{Title: title, Subtitle: subtitle, Description: "A line chart, one line for each trial: " + subtitle + ".", Width: width, Height: height,
		Body: func(c draw.Canvas) {
			rungs, longest := 1, 2
			for _, b := range s.Brackets {
				rungs = max(rungs, len(b.Rungs))
				longest = max(longest, b.Rungs[len(b.Rungs)-1].Epochs)
			}
			p := epochPanel(longest, score)
			for i, t := range slices.Backward(list) {
				var points plotter.XYs
				for e, v := range t.Scores {
					points = append(points, plotter.XY{X: float64(e + 1), Y: v})
				}
				style := rungStyle(t.Rung+rungs-len(s.Brackets[t.Bracket].Rungs), rungs)
				if i == 0 {
					style.Color, style.Width = ink.Orange, vg.Points(2.4)
				}
				end := draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}
				p.Add(&plotter.Line{XYs: points, LineStyle: style}, &plotter.Scatter{XYs: points[len(points)-1:], GlyphStyle: end})
			}
			leaveRoom(&p.Y)
			sideBySide(c, top, p)
		},
	}
}

// ParallelCoordinates shows the trials of a search as lines through their parameters' values. Those that were trained to the end are dark blue, and go on to their best score; the best of
// them is thick and orange. Dropped ones are pale grey: scores after fewer epochs do not compare. slide, if not nil, are the
// slide's values in the order of the search space, which are marked with a cross.
func ParallelCoordinates[C comparable](title string, s hyperband.State[C], slide []string) Figure {
	const width, height, left, right, top, bottom = 720.0, 360.0, 56.0, 64.0, 66.0, 46.0
	list := s.Ranking()
	_, last := s.FirstAndLastEpochs()
	ended := func(t hyperband.Trial[C]) bool { return len(t.Scores) >= last }
	slices.SortStableFunc(list, func(a, b hyperband.Trial[C]) int { // those that ended first, in their order
		return cmp.Compare(min(len(b.Scores), last), min(len(a.Scores), last))
	})
	subtitle := fmt.Sprintf("%d configurations; dark blue: trained for %d epochs, thick orange: the best of these; pale: dropped before", len(list), last)
	if slide != nil {
		subtitle += "; crosses: the slide's best parameters"
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, t := range list {
		if ended(t) {
			low, high = min(low, t.Score(0)), max(high, t.Score(0))
		}
	}
	if low >= high {
		low, high = 0, 1
	}
	step := (width - left - right) / float64(len(s.Space))
	y := func(position float64) float64 { return height - bottom - position*(height-top-bottom) }
	return Figure{Title: title, Subtitle: subtitle, Description: "Parallel coordinates: " + subtitle + ".", Width: width, Height: height,
		Body: func(c draw.Canvas) {
			for i, t := range slices.Backward(list) {
				style := draw.LineStyle{Color: color.RGBA{205, 205, 205, 255}, Width: vg.Points(0.8)}
				if ended(t) {
					style = draw.LineStyle{Color: ink.Blue, Width: vg.Points(1.1)}
				}
				if i == 0 && ended(t) {
					style = draw.LineStyle{Color: ink.Orange, Width: vg.Points(2.4)}
				}
				var line []vg.Point
				for k, p := range s.Space {
					line = append(line, ink.At(c, left+float64(k)*step, y(p.Position(t.Values[k]))))
				}
				if ended(t) {
					line = append(line, ink.At(c, width-right, y((t.Score(0)-low)/(high-low))))
				}
				c.StrokeLines(style, line)
			}
			for k, p := range s.Space {
				axis(c, left+float64(k)*step, y, p.Name, marks(p))
				if k < len(slide) {
					if value, ok := p.Parse(slide[k]); ok {
						ink.Cross(c, draw.LineStyle{Color: ink.Vermilion, Width: vg.Points(2.4)}, 4.5, left+float64(k)*step, y(p.Position(value)))
					}
				}
			}
			axis(c, width-right, y, "score", []mark{{0, fmt.Sprintf("%.3f", low)}, {1, fmt.Sprintf("%.3f", high)}})
		},
	}
}

// mark is a label at a position from 0 to 1 of an axis.
type mark struct {
	position float64
	label    string
}

// marks are the choices of a parameter, or the ends of its range.
func marks[C any](p hyperband.Parameter[C]) (list []mark) {
	if len(p.Choices) == 0 {
		return []mark{{0, p.Format(p.Low)}, {1, p.Format(p.High)}}
	}
	for i, name := range p.Choices {
		list = append(list, mark{p.Position(float64(i)), name})
	}
	return list
}

// axis draws a vertical axis with its name below and labels beside it.
func axis(c draw.Canvas, x float64, y func(float64) float64, name string, list []mark) {
	ink.Stroke(c, draw.LineStyle{Color: ink.Grey, Width: vg.Points(1)}, x, y(0), x, y(1))
	ink.Write(c, ink.Words(ink.Bold(9.5), ink.Black, -0.5, -1), x, y(0)+14, name)
	for _, m := range list {
		s := ink.Words(ink.Sans(9), ink.Black, 0, -0.5)
		ink.Fill(c, color.NRGBA{255, 255, 255, 210}, x+7, y(m.position)-5.5, s.Width(m.label).Points()+2, 11) // the lines go on behind it
		ink.Write(c, s, x+8, y(m.position), m.label)
	}
}

// Importances shows how much of the variance of the scores each parameter explains alone, beside the critical value of a permutation test at 5%.
func Importances(title, subtitle string, list []hyperband.Importance) Figure {
	const left, top, row, width, right = 124.0, 56.0, 24.0, 640.0, 60.0
	subtitle += "; grey mark: critical value at 5% (permutation test)"
	description := "Bars. " + subtitle + "."
	for _, i := range list {
		description += fmt.Sprintf(" %s: %.0f%%, significant above %.0f%%.", i.Name, 100*i.Explained, 100*i.Critical)
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: top + row*float64(len(list)) + 10,
		Body: func(c draw.Canvas) {
			for k, i := range list {
				y, scale := top+float64(k)*row, width-left-right
				ink.Write(c, ink.Words(ink.Sans(10), ink.Black, -1, -0.5), left-10, y+row/2, i.Name)
				ink.Fill(c, color.RGBA{238, 238, 238, 255}, left, y+4, scale, row-8)
				ink.Fill(c, ink.Blue, left, y+4, scale*i.Explained, row-8)
				ink.Fill(c, ink.Grey, left+scale*i.Critical-1.5, y+1, 3, row-2)
				ink.Write(c, ink.Words(ink.Sans(9.5), ink.Black, 0, -0.5), width-right+8, y+row/2, fmt.Sprintf("%.0f%%", 100*i.Explained))
			}
		},
	}
}

// EarlyAndFinal shows the scores of trials after the epochs of the first rung (x) and of the last (y). The trials are those that the search kept to
// the end, found, and dropped ones that were trained to the end afterwards, continued.
func EarlyAndFinal[C comparable](title, score string, found, continued hyperband.State[C]) Figure {
	const width, height, top = 560.0, 380.0, 64.0
	first, last := found.FirstAndLastEpochs()
	groups := []struct {
		name  string
		style draw.GlyphStyle
		state hyperband.State[C]
	}{
		{"kept by the search", draw.GlyphStyle{Color: ink.Blue, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}, found},
		{"dropped, then trained to the end", draw.GlyphStyle{Color: ink.Vermilion, Radius: vg.Points(5), Shape: draw.PyramidGlyph{}}, continued},
	}
	points := make([]plotter.XYs, len(groups))
	var a, b []float64
	for k, g := range groups {
		for _, t := range g.state.Ranking() {
			if len(t.Scores) >= last {
				a, b = append(a, t.Score(first)), append(b, t.Score(last))
				points[k] = append(points[k], plotter.XY{X: t.Score(first), Y: t.Score(last)})
			}
		}
	}
	early, final := fmt.Sprintf("%s up to epoch %d", score, first), fmt.Sprintf("%s up to epoch %d", score, last)
	subtitle := fmt.Sprintf("%d trials; rank correlation %.2f", len(a), hyperband.RankCorrelation(a, b))
	return Figure{Title: title, Subtitle: subtitle, Description: fmt.Sprintf("A scatter chart of %s and %s: %s.", early, final, subtitle), Width: width, Height: height,
		Body: func(c draw.Canvas) {
			p := NewPlot(early, final)
			for k, g := range groups {
				c.DrawGlyph(g.style, ink.At(c, 20+float64(k)*150, 50))
				ink.Write(c, ink.Words(ink.Sans(10), ink.Black, 0, -0.5), 30+float64(k)*150, 50, g.name)
				p.Add(&plotter.Scatter{XYs: points[k], GlyphStyle: g.style})
			}
			leaveRoom(&p.X)
			leaveRoom(&p.Y)
			sideBySide(c, top, p)
		},
	}
}
