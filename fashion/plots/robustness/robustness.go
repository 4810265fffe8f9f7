// Package robustness draws how the accuracy of networks falls as corruptions of the images grow stronger.
package robustness

import (
	"fmt"
	"image/color"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
)

// Network is what a network, trained with one seed or several, makes of corrupted images, under the name by which a figure shows it.
type Network struct {
	Name  string
	Seeds []run.Robustness // one for each seed, all measured on the same corrupted images
}

// Accuracy shows a chart for each corruption: the accuracy of up to four networks by its strength, the mean over seeds, with bands that are 95% intervals. Each chart begins without corruption and becomes
// more severe to the right; all have the same vertical axis. It is an error if there is no network, if a network has no seed or another number of them than the first, or if two were not measured on the same
// corrupted images.
func Accuracy(title string, list []Network) (plots.Figure, error) {
	const columns, width, top, row, above = 3, 780.0, 66.0, 198.0, 22.0 // above each chart is its corruption's name
	if len(list) == 0 {
		return plots.Figure{}, fmt.Errorf("%s: there is no network", title)
	}
	for _, n := range list {
		if _, err := metrics.CorruptionErrors(n.Seeds, list[0].Seeds); err != nil {
			return plots.Figure{}, fmt.Errorf("%s: %s and %s: %w", title, n.Name, list[0].Name, err)
		}
	}
	first := list[0].Seeds[0]
	bands := "over images only (Wilson)"
	if seeds := len(list[0].Seeds); seeds > 1 {
		bands = fmt.Sprintf("over %d seeds and images", seeds)
	}
	rows := (len(first.Corruptions) + columns - 1) / columns
	return plots.Figure{
		Title: title, Subtitle: fmt.Sprintf("%d images; bands: 95%% intervals, %s", first.Images, bands), Description: describe(list),
		Width: width, Height: top + row*float64(rows),
		Body: func(c draw.Canvas) {
			charts := make([][]*plot.Plot, rows)
			for i := range charts {
				charts[i] = make([]*plot.Plot, columns)
			}
			for i := range first.Corruptions {
				charts[i/columns][i%columns] = chart(list, i, i%columns == 0)
			}
			tiles := draw.Tiles{Rows: rows, Cols: columns, PadLeft: vg.Points(8), PadRight: vg.Points(14), PadTop: vg.Points(top + above), PadBottom: vg.Points(8), PadX: vg.Points(6), PadY: vg.Points(above)}
			words := charts[0][0].X.Label.TextStyle
			words.Color, words.XAlign, words.YAlign = ink.Black, draw.XLeft, draw.YCenter
			for i, canvases := range plot.Align(charts, tiles, c) {
				for j, chart := range charts[i] {
					if chart != nil {
						chart.Draw(canvases[j])
						c.FillText(words, vg.Point{X: chart.DataCanvas(canvases[j]).Min.X, Y: canvases[j].Max.Y + vg.Points(above/2)}, first.Corruptions[i*columns+j].Name)
					}
				}
			}
			for i, n := range list {
				x, y := c.Min.X+vg.Points(14+float64(i)*(width-28)/float64(len(list))), c.Max.Y-vg.Points(top-14)
				c.StrokeLine2(plots.CurveStyle(i), x, y, x+vg.Points(24), y)
				c.FillText(words, vg.Point{X: x + vg.Points(30), Y: y}, n.Name)
			}
		},
	}, nil
}

// describe says for each corruption what accuracy the networks have at the greatest strength.
func describe(list []Network) string {
	description := "Line charts of the accuracy by the strength of each corruption."
	for _, n := range list {
		description += fmt.Sprintf(" %s: %.3f without corruption", n.Name, metrics.CorruptedAccuracy(n.Seeds, 0)[0].Value)
		for i, c := range n.Seeds[0].Corruptions {
			accuracy := metrics.CorruptedAccuracy(n.Seeds, i)
			description += fmt.Sprintf(", %.3f under %s of %g %s", accuracy[len(accuracy)-1].Value, c.Name, c.Strengths[len(c.Strengths)-1], c.Unit)
		}
		description += "."
	}
	return description
}

// strengths are those of a corruption after that of an image as it is: 0, or 1 for a factor, which falls as the corruption grows more severe.
func strengths(c run.Corrupted) (list []float64, falling bool) {
	falling = c.Strengths[0] > c.Strengths[len(c.Strengths)-1]
	if falling {
		return slices.Concat([]float64{1}, c.Strengths), true
	}
	return slices.Concat([]float64{0}, c.Strengths), false
}

// chart is that of one corruption. Only the leftmost name the vertical axis.
func chart(list []Network, corruption int, leftmost bool) *plot.Plot {
	c := list[0].Seeds[0].Corruptions[corruption]
	p := plots.NewPlot(c.Unit, "")
	xs, falling := strengths(c)
	for i, n := range list {
		add(p, xs, metrics.CorruptedAccuracy(n.Seeds, corruption), plots.CurveStyle(i))
	}
	p.X.Min, p.X.Max = min(xs[0], xs[len(xs)-1]), max(xs[0], xs[len(xs)-1])
	if falling {
		p.X.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	}
	p.X.Tick.Marker, p.X.Tick.Label.Font.Size = ticks(xs), vg.Points(8)
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = ticks{0, 0.2, 0.4, 0.6, 0.8, 1}
	if leftmost {
		p.Y.Label.Text = "accuracy"
	}
	return p
}

// add draws a network's accuracies over the strengths, with their intervals as a band.
func add(p *plot.Plot, xs []float64, accuracies []metrics.Interval, style draw.LineStyle) {
	line, band := make(plotter.XYs, len(xs)), make(plotter.XYs, 2*len(xs))
	for i, a := range accuracies {
		line[i] = plotter.XY{X: xs[i], Y: a.Value}
		band[i], band[len(band)-1-i] = plotter.XY{X: xs[i], Y: a.Low}, plotter.XY{X: xs[i], Y: a.High}
	}
	r, g, b, _ := style.Color.RGBA()
	p.Add(&plotter.Polygon{XYs: []plotter.XYs{band}, Color: color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 70}},
		&plotter.Line{XYs: line, LineStyle: style},
		&plotter.Scatter{XYs: line, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}})
}

// ticks are those of an axis, whatever its range.
type ticks []float64

func (t ticks) Ticks(float64, float64) (list []plot.Tick) {
	for _, v := range t {
		list = append(list, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return list
}
