package plots

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Row is a named row of pictures in a Gallery.
type Row struct {
	Name   string
	Images []fashion.Image
}

// Gallery shows rows of pictures under each other, as many in each.
func Gallery(title, second string, rows []Row) Figure { return gallery(title, second, 52, rows) }

// gallery is a Gallery of pictures that are so many points wide.
func gallery(title, second string, side float64, rows []Row) Figure {
	const top, gap = 52.0, 5.0
	columns, left := 0, 12.0
	var names []string
	for _, r := range rows {
		columns, left = max(columns, len(r.Images)), max(left, 26+textWidth(sans(9.5), r.Name))
		names = append(names, r.Name)
	}
	return Figure{Title: title, subtitle: second,
		Description: fmt.Sprintf("A table of grey pictures with %d columns and the rows: %s.", columns, strings.Join(names, ", ")),
		width:       left + float64(columns)*(side+gap) + 12, height: top + float64(len(rows))*(side+gap) + 6,
		body: func(c draw.Canvas) {
			for i, r := range rows {
				y := top + float64(i)*(side+gap)
				write(c, words(sans(9.5), ink, -1, -0.5), left-10, y+side/2, r.Name)
				for j, img := range r.Images {
					place(c, picture(img), left+float64(j)*(side+gap), y, side)
				}
			}
		},
	}
}

// Measured is a named estimate.
type Measured struct {
	Name  string
	Value metrics.Interval
}

// Intervals shows estimates under each other as points with their 95% intervals. The first is what the others are compared
// with: its interval is drawn through all rows.
func Intervals(title, second string, list []Measured) Figure {
	var first metrics.Interval
	if len(list) > 0 {
		first = list[0].Value
	}
	return estimates(title, second, list, first, metrics.Interval.String)
}

// Differences shows differences under each other as points with their 95% intervals, beside a line at 0: hollow where chance may explain them.
func Differences(title, second string, list []Measured) Figure {
	return estimates(title, second, list, metrics.Interval{}, metrics.Interval.Signed)
}

// estimates draws intervals as rows and a reference through all of them. A point is hollow where its interval holds a
// reference without width.
func estimates(title, second string, list []Measured, reference metrics.Interval, say func(metrics.Interval) string) Figure {
	const top, row, width = 56.0, 22.0, 640.0
	low, high, longest, widest := reference.Low, reference.High, 0, 0
	description := "Points with 95% intervals."
	for _, m := range list {
		low, high, longest = min(low, m.Value.Low), max(high, m.Value.High), max(longest, len(m.Name))
		widest = max(widest, len(say(m.Value)))
		description += fmt.Sprintf(" %s: %s.", m.Name, say(m.Value))
	}
	if low == high {
		low, high = low-0.5, high+0.5
	}
	left, right := max(142, 22+5.2*float64(longest)), 22+4.6*float64(widest)
	return Figure{Title: title, subtitle: second, Description: description, width: width, height: top + row*float64(len(list)) + 8,
		body: func(c draw.Canvas) {
			x := func(v float64) float64 { return left + (v-low)/(high-low)*(width-left-right) }
			point := reference.High == reference.Low // not an interval
			if point {
				fill(c, grey, x(reference.Low), top, 1, row*float64(len(list)))
			} else {
				fill(c, color.RGBA{238, 244, 249, 255}, x(reference.Low), top, x(reference.High)-x(reference.Low), row*float64(len(list)))
			}
			for i, m := range list {
				y := top + (float64(i)+0.5)*row
				write(c, words(sans(10), ink, -1, -0.5), left-18, y, m.Name)
				estimate(c, m.Value, point && m.Value.Low <= reference.Low && m.Value.High >= reference.High, x, y)
				write(c, words(sans(9), grey, 0, -0.5), width-right+10, y, say(m.Value))
			}
		},
	}
}

// estimate draws a value as a disc or a ring on the line of its interval; x maps values to points from the left.
func estimate(c draw.Canvas, v metrics.Interval, hollow bool, x func(float64) float64, y float64) {
	stroke(c, estimateLine, x(v.Low), y, x(v.High), y)
	estimateMark(c, hollow, x(v.Value), y)
}

func estimateMark(c draw.Canvas, hollow bool, x, y float64) {
	disc(c, blue, estimateRadius, at(c, x, y))
	if hollow {
		disc(c, color.White, estimateRadius-1.4, at(c, x, y))
	}
}

// Named is a run with the name under which a figure shows it.
type Named struct {
	Name string
	Run  *run.Run
}

// Rates shows the learning rate and the validation loss of several runs by epoch.
func Rates(title string, runs []Named) Figure {
	const width, height, top = 720.0, 320.0, 64.0
	styles := []draw.LineStyle{
		{Color: blue, Width: vg.Points(1.8)},
		{Color: orange, Width: vg.Points(1.8), Dashes: []vg.Length{vg.Points(6), vg.Points(3)}},
		{Color: vermilion, Width: vg.Points(1.8), Dashes: []vg.Length{vg.Points(2), vg.Points(2)}},
		{Color: grey, Width: vg.Points(1.8)},
	}
	description := "Two line charts, of the learning rate and of the validation loss by epoch."
	for _, r := range runs {
		if h := r.Run.History; len(h) > 0 {
			last := h[len(h)-1]
			description += fmt.Sprintf(" %s: rate %.2g and validation loss %.4f at the end.", r.Name, last.Rate, last.ValidationLoss)
		}
	}
	return Figure{Title: title, Description: description, width: width, height: height,
		body: func(c draw.Canvas) {
			epochs := 2
			for _, r := range runs {
				epochs = max(epochs, len(r.Run.History))
			}
			rates, losses := epochPanel(epochs, "learning rate (logarithmic)"), epochPanel(epochs, "validation loss (nats)")
			for i, r := range runs {
				k := curve{r.Name, styles[i%len(styles)]}
				curveKey(c, 14+float64(i)*150, 38, k)
				addCurve(rates, r.Run.History, func(e run.Epoch) float64 { return e.Rate }, k)
				addCurve(losses, r.Run.History, func(e run.Epoch) float64 { return e.ValidationLoss }, k)
			}
			leaveRoom(&losses.Y)
			logarithmic(&rates.Y, plot.LogTicks{Prec: 1}, 1.5)
			sideBySide(c, top, rates, losses)
		},
	}
}
