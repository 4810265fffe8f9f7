package plots

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// Reliability shows reliability diagrams before and after temperature scaling: the accuracy in each bin of confidence with its 95% interval,
// and under it how many images the bin holds (Niculescu-Mizil and Caruana, "Predicting Good Probabilities with Supervised Learning", 2005).
func Reliability(title string, before, after []metrics.Bin) Figure {
	const width, height, top, subtitle = 720.0, 430.0, 52.0,
		"dots: accuracy in a bin, with its 95% interval; dashed: perfect calibration; below it the model is overconfident"
	description := "Two charts of accuracy over confidence, with the numbers of images under them."
	panels := []struct {
		name string
		bins []metrics.Bin
	}{{"before temperature scaling", before}, {"after temperature scaling", after}}
	for i, p := range panels {
		panels[i].name += fmt.Sprintf(": calibration error %.4f", metrics.CalibrationError(p.bins))
		description += " " + panels[i].name + "."
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			for i, p := range panels {
				x := 8 + float64(i)*width/2
				ink.Write(c, ink.Words(ink.Bold(10), ink.Black, 0, -1), x+42, top, p.name)
				reliabilityPanel(draw.Crop(c, vg.Points(x), vg.Points(x+width/2-16-width), vg.Points(8), -vg.Points(top+16)), p.bins)
			}
		},
	}
}

// reliabilityPanel draws the dots of bins over their counts, aligned on the axis of confidence.
func reliabilityPanel(c draw.Canvas, bins []metrics.Bin) {
	most := 1
	for _, b := range bins {
		most = max(most, b.Count)
	}
	dots, counts := NewPlot("", "accuracy"), NewPlot("confidence", "images")
	dots.Add(reliable(bins))
	counts.Add(counted(bins))
	counts.Y.Max = float64(most)
	counts.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}, {Value: float64(most), Label: fmt.Sprint(most)}}
	var tenths plot.ConstantTicks
	for i := range 6 {
		tenths = append(tenths, plot.Tick{Value: float64(i) / 5, Label: fmt.Sprintf("%.1f", float64(i)/5)})
	}
	dots.X.Tick.Marker, dots.Y.Tick.Marker, counts.X.Tick.Marker = tenths, tenths, tenths
	dots.X.Min, dots.X.Max, dots.Y.Min, dots.Y.Max = 0, 1, 0, 1
	counts.X.Min, counts.X.Max, counts.Y.Min = 0, 1, 0

	height := c.Max.Y - c.Min.Y
	upper, lower := draw.Crop(c, 0, 0, height*0.32, 0), draw.Crop(c, 0, 0, 0, -height*0.7)
	shift := counts.DataCanvas(lower).Min.X - dots.DataCanvas(upper).Min.X
	dots.Draw(draw.Crop(upper, max(shift, 0), 0, 0, 0))
	counts.Draw(draw.Crop(lower, max(-shift, 0), 0, 0, 0))
}

// reliable draws the diagonal and the bins' accuracies.
type reliable []metrics.Bin

func (bins reliable) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: ink.Grey, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(4), vg.Points(3)}}, x(0), y(0), x(1), y(1))
	for _, b := range bins {
		if b.Count > 0 {
			at := x(b.Confidence)
			c.StrokeLine2(estimateLine, at, y(b.Accuracy.Low), at, y(b.Accuracy.High))
			ink.Disc(c, ink.Blue, estimateRadius, vg.Point{X: at, Y: y(b.Accuracy.Value)})
		}
	}
}

// counted draws the bins' numbers of images as bars.
type counted []metrics.Bin

func (bins counted) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, b := range bins {
		if b.Count > 0 {
			low, high, gap := x(b.Low), x(b.High), vg.Points(0.5)
			c.FillPolygon(color.RGBA{150, 185, 210, 255}, []vg.Point{{X: low + gap, Y: y(0)}, {X: high - gap, Y: y(0)},
				{X: high - gap, Y: y(float64(b.Count))}, {X: low + gap, Y: y(float64(b.Count))}})
		}
	}
}
