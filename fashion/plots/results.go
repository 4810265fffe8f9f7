package plots

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// Result is a row of Results: what was measured beside what a slide prints. Values are fractions.
type Result struct {
	Name, Note string            // Note, under the name, says which run it is
	Value      *metrics.Interval // nil: not run
	Slide      float64           // 0 is not printed
	Published  bool              // a published run: its dot is hollow
}

// Results shows measured accuracies under each other as points with their 95% intervals, each beside the slide's value.
func Results(title, subtitle string, list []Result) Figure {
	const top, row, foot, span, right = 74.0, 30.0, 36.0, 400.0, 146.0
	left, description := 110.0, "Points with 95% intervals beside the slides' values."
	values := ink.NoExtent()
	for _, r := range list {
		left = max(left, 46+ink.TextWidth(ink.Sans(10), r.Name), 46+ink.TextWidth(ink.Sans(8.5), r.Note))
		description += " " + r.sentence()
		if r.Slide > 0 {
			values.Include(r.Slide)
		}
		if r.Value != nil {
			values.Include(r.Value.Value, r.Value.Low, r.Value.High)
		}
	}
	if values.Low > values.High {
		values.Include(0, 1)
	}
	margin := max(0.005, (values.High-values.Low)*0.05)
	low, high := values.Low-margin, values.High+margin
	bottom := top + row*float64(len(list))
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: left + span + right, Height: bottom + foot,
		Body: func(c draw.Canvas) {
			resultKey(c, left)
			x := func(v float64) float64 { return left + (v-low)/(high-low)*span }
			ticks(c, low, high, x, top, bottom)
			ink.Write(c, ink.Words(ink.Sans(10), ink.Grey, -0.5, -1), left+span/2, bottom+20, "accuracy on the test images")
			for i, r := range list {
				y := top + (float64(i)+0.5)*row
				up, text := 6.0, "not run"
				if r.Note == "" {
					up = 0
				}
				ink.Write(c, ink.Words(ink.Sans(10), ink.Black, 0, -0.5), 12, y-up, r.Name)
				ink.Write(c, ink.Words(ink.Sans(8.5), ink.Grey, 0, -0.5), 12, y+up, r.Note)
				if r.Value != nil {
					text = r.Value.String()
				}
				ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -0.5), left+span+10, y, text)
				if r.Value != nil {
					estimate(c, *r.Value, r.Published, x, y)
				}
				if r.Slide > 0 {
					slideMark(c, x(r.Slide), y)
				}
			}
		},
	}
}

// sentence is a row for a screen reader.
func (r Result) sentence() string {
	value, slide := "not run", ""
	if r.Value != nil {
		value = r.Value.String()
	}
	if r.Slide > 0 {
		slide = fmt.Sprintf("; slide %.4f", r.Slide)
	}
	return strings.TrimSuffix(r.Name+", "+r.Note, ", ") + ": " + value + slide + "."
}

// slideMark is how a slide's value is drawn: in another shape and hue than what was measured.
func slideMark(c draw.Canvas, x, y float64) { ink.Fill(c, ink.Vermilion, x-1.2, y-7, 2.4, 14) }

// resultKey names the marks, in a line that begins at x.
func resultKey(c draw.Canvas, x float64) {
	const y = 58.0
	for _, k := range []struct {
		name string
		draw func(x float64)
	}{
		{"measured", func(x float64) { estimateMark(c, false, x, y) }},
		{"measured, a published run", func(x float64) { estimateMark(c, true, x, y) }},
		{"slide", func(x float64) { slideMark(c, x, y) }},
	} {
		k.draw(x + 5)
		ink.Write(c, ink.Words(ink.Sans(9.5), ink.Black, 0, -0.5), x+14, y, k.name)
		x += 46 + ink.TextWidth(ink.Sans(9.5), k.name)
	}
}

// ticks draws lines at round values from low to high, with the values under them; x maps values to points from the left.
func ticks(c draw.Canvas, low, high float64, x func(float64) float64, top, bottom float64) {
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		if t.Label != "" {
			ink.Stroke(c, draw.LineStyle{Color: ink.Pale, Width: vg.Points(0.7)}, x(t.Value), top, x(t.Value), bottom+4)
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, -0.5, -1), x(t.Value), bottom+7, t.Label)
		}
	}
}
