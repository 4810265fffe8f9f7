package plots

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/run"
)

// LearningCurves shows the training and the validation loss and accuracy by epoch, where the learning rate fell, and the epoch of the best
// validation accuracy. epochs is how many there will be, for the axis of a training under way.
func LearningCurves(history []run.Epoch, epochs int) Figure {
	const width, height, top = 720.0, 320.0, 48.0
	epochs = max(epochs, len(history), 2)
	description := "No epoch is finished yet."
	subtitle := "no epoch is finished yet"
	if len(history) > 0 {
		best := run.MostAccurate(history)
		description = fmt.Sprintf("Two line charts over %d epochs. Training loss goes from %.3f to %.3f; the best validation accuracy is %.4f in epoch %d.",
			len(history), history[0].Loss, history[len(history)-1].Loss, best.ValidationAccuracy, best.Epoch)
		subtitle = fmt.Sprintf("best validation accuracy %.4f in epoch %d (ring)", best.ValidationAccuracy, best.Epoch)
		switch falls := rateFalls(history); {
		case history[len(history)-1].Exploded():
			subtitle += "; the loss has exploded: the learning rate is too high"
		case len(falls) > len(history)/2:
			subtitle += "; the learning rate falls in most epochs"
		case len(falls) > 0:
			subtitle += "; dotted lines: the learning rate falls"
		}
	}
	return Figure{Title: "Learning curves", Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			curveKey(c, width-184, 16, training)
			curveKey(c, width-92, 16, validation)
			sideBySide(c, top,
				curvePanel(history, epochs, "loss (nats)", false,
					func(e run.Epoch) float64 { return e.Loss }, func(e run.Epoch) float64 { return e.ValidationLoss }),
				curvePanel(history, epochs, "accuracy", true,
					func(e run.Epoch) float64 { return e.Accuracy }, func(e run.Epoch) float64 { return e.ValidationAccuracy }))
		},
	}
}

// Named is a run with the name under which a figure shows it.
type Named struct {
	Name string
	Run  *run.Run
}

// CurveStyle is the line of a chart's curve, 0 for the first. Four differ in colour and in dashes; then they repeat.
func CurveStyle(i int) draw.LineStyle {
	dashes := [][]vg.Length{nil, {6, 3}, {2, 2}, {9, 2, 2, 2}}
	return draw.LineStyle{Color: []color.Color{ink.Blue, ink.Orange, ink.Vermilion, ink.Grey}[i%4], Width: vg.Points(1.8), Dashes: dashes[i%4]}
}

// LearningRates shows the learning rate and the validation loss of several runs by epoch. A rate is that of an epoch's last step, and drawn as constant in the epoch.
func LearningRates(title string, runs []Named) Figure {
	const width, height, top = 720.0, 320.0, 64.0
	description := "Two line charts, of the learning rate and of the validation loss by epoch."
	for _, r := range runs {
		if h := r.Run.History; len(h) > 0 {
			last := h[len(h)-1]
			description += fmt.Sprintf(" %s: rate %.2g and validation loss %.4f at the end.", r.Name, last.LearningRate, last.ValidationLoss)
		}
	}
	return Figure{Title: title, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			epochs := 2
			for _, r := range runs {
				epochs = max(epochs, len(r.Run.History))
			}
			rates, losses := epochPanel(epochs, "learning rate (log)"), epochPanel(epochs, "validation loss (nats)")
			for i, r := range runs {
				k := curve{name: r.Name, style: CurveStyle(i)}
				stepped := k
				stepped.steps = plotter.PreStep
				curveKey(c, 14+float64(i)*150, 38, k)
				addCurve(rates, r.Run.History, func(e run.Epoch) float64 { return e.LearningRate }, stepped)
				addCurve(losses, r.Run.History, func(e run.Epoch) float64 { return e.ValidationLoss }, k)
			}
			leaveRoom(&losses.Y)
			logarithmic(&rates.Y, 1.5)
			sideBySide(c, top, rates, losses)
		},
	}
}

// sideBySide draws charts beside each other, below so many points for the heading.
func sideBySide(c draw.Canvas, top float64, charts ...*plot.Plot) {
	width := (c.Max.X - c.Min.X).Points()
	each := width / float64(len(charts))
	for i, p := range charts {
		x := 8 + float64(i)*each
		p.Draw(draw.Crop(c, vg.Points(x), vg.Points(x+each-16-width), vg.Points(8), -vg.Points(top)))
	}
}

// rateFalls lists the epochs with a lower learning rate than the epoch before.
func rateFalls(history []run.Epoch) (epochs []int) {
	for i := 1; i < len(history); i++ {
		if history[i].LearningRate < history[i-1].LearningRate*0.999 {
			epochs = append(epochs, history[i].Epoch)
		}
	}
	return epochs
}

// curve is how the values of a split or a run are drawn.
type curve struct {
	name  string
	style draw.LineStyle
	steps plotter.StepKind
}

var (
	training   = curve{name: "training", style: draw.LineStyle{Color: ink.Orange, Width: vg.Points(1.8), Dashes: []vg.Length{vg.Points(5), vg.Points(3)}}}
	validation = curve{name: "validation", style: draw.LineStyle{Color: ink.Blue, Width: vg.Points(1.8)}}
)

// curveKey writes a curve's name beside a piece of its line.
func curveKey(c draw.Canvas, x, y float64, k curve) {
	ink.Stroke(c, k.style, x, y, x+24, y)
	ink.Write(c, ink.Words(ink.Sans(10), ink.Black, 0, -0.5), x+30, y, k.name)
}

// curvePanel is one chart of two values over the epochs; with a ring around the best validation accuracy.
func curvePanel(history []run.Epoch, epochs int, label string, ring bool, trained, validated func(run.Epoch) float64) *plot.Plot {
	p := epochPanel(epochs, label)
	if falls := rateFalls(history); len(falls) <= len(history)/2 {
		for _, epoch := range falls {
			p.Add(vertical{float64(epoch) - 0.5})
		}
	}
	addCurve(p, history, trained, training)
	addCurve(p, history, validated, validation)
	if ring && len(history) > 0 {
		best := run.MostAccurate(history)
		p.Add(&plotter.Scatter{XYs: plotter.XYs{{X: float64(best.Epoch), Y: best.ValidationAccuracy}},
			GlyphStyle: draw.GlyphStyle{Color: ink.Blue, Radius: vg.Points(5), Shape: draw.RingGlyph{}}})
	}
	leaveRoom(&p.Y)
	return p
}

// epochPanel is an empty chart over the epochs.
func epochPanel(epochs int, label string) *plot.Plot {
	p := NewPlot("epoch", label)
	p.X.Min, p.X.Max = 1, float64(epochs)
	p.X.Tick.Marker = wholeNumbers{}
	return p
}

// leaveRoom leaves a little below and above what a chart shows; an axis of nothing goes from 0 to 1.
func leaveRoom(a *plot.Axis) {
	if a.Min > a.Max {
		a.Min, a.Max = 0, 1
	}
	margin := max(0.06*(a.Max-a.Min), 1e-3)
	a.Min, a.Max = a.Min-margin, a.Max+margin
}

// logarithmic makes an axis of positive values logarithmic, with a factor of room below and above them.
func logarithmic(a *plot.Axis, room float64) {
	if a.Min > a.Max {
		a.Min, a.Max = 0.5, 1
	}
	a.Scale, a.Tick.Marker = plot.LogScale{}, oneTwoFive{}
	a.Min, a.Max = a.Min/room, a.Max*room
}

// addCurve draws a value over the epochs. Epochs whose value is no number are left out.
func addCurve(p *plot.Plot, history []run.Epoch, value func(run.Epoch) float64, k curve) {
	var points plotter.XYs
	for _, e := range history {
		if v := value(e); !math.IsNaN(v) && !math.IsInf(v, 0) {
			points = append(points, plotter.XY{X: float64(e.Epoch), Y: v})
		}
	}
	if len(points) > 0 {
		p.Add(&plotter.Line{XYs: points, LineStyle: k.style, StepStyle: k.steps},
			&plotter.Scatter{XYs: points, GlyphStyle: draw.GlyphStyle{Color: k.style.Color, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}})
	}
}

// vertical is a dotted line at an x.
type vertical struct{ x float64 }

func (v vertical) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	x := toX(v.x)
	c.StrokeLine2(draw.LineStyle{Color: ink.Grey, Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(1), vg.Points(2)}}, x, c.Min.Y, x, c.Max.Y)
}

// wholeNumbers puts at most ten ticks on whole numbers.
type wholeNumbers struct{}

func (wholeNumbers) Ticks(low, high float64) []plot.Tick {
	step := max(1, int(math.Ceil((high-low)/10)))
	var ticks []plot.Tick
	for v := int(math.Ceil(low)); float64(v) <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: float64(v), Label: fmt.Sprint(v)})
	}
	return ticks
}

// oneTwoFive puts ticks of a logarithmic axis on 1, 2 and 5 times the powers of ten.
type oneTwoFive struct{}

func (oneTwoFive) Ticks(low, high float64) (ticks []plot.Tick) {
	for power := math.Floor(math.Log10(low)); power <= math.Log10(high); power++ {
		for _, digit := range []float64{1, 2, 5} {
			if v, err := strconv.ParseFloat(fmt.Sprintf("%ge%g", digit, power), 64); err == nil && v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%g", v)})
			}
		}
	}
	return ticks
}

// NewPlot is a chart in the study's style, with the labels of its axes: no frame, light horizontal lines, words in grey.
func NewPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle = ink.Words(ink.Sans(10), ink.Grey, -0.5, 0)
		a.Tick.Label = ink.Words(ink.Sans(9), ink.Grey, float64(a.Tick.Label.XAlign), float64(a.Tick.Label.YAlign))
		a.LineStyle = draw.LineStyle{Color: ink.Pale, Width: vg.Points(1)}
		a.Tick.LineStyle = draw.LineStyle{Color: ink.Pale, Width: vg.Points(1)}
		a.Padding = vg.Points(4)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal = draw.LineStyle{Color: ink.Pale, Width: vg.Points(0.7)}
	p.Add(grid)
	return p
}
