package plots

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// Measured is a named estimate.
type Measured struct {
	Name  string
	Value metrics.Interval
}

// Intervals shows estimates under each other as points with their 95% intervals. The first is what the others are compared
// with: its interval is drawn through all rows.
func Intervals(title, subtitle string, list []Measured) Figure {
	var first metrics.Interval
	if len(list) > 0 {
		first = list[0].Value
	}
	return estimates(title, subtitle, list, first, metrics.Interval.String)
}

// Differences shows differences under each other as points with their 95% intervals, beside a line at 0. A point is hollow where the difference
// is not significant: where its interval contains 0.
func Differences(title, subtitle string, list []Measured) Figure {
	return estimates(title, subtitle, list, metrics.Interval{}, metrics.Interval.Signed)
}

// estimates draws intervals as rows and a reference through all of them. A point is hollow where its interval holds a
// reference without width.
func estimates(title, subtitle string, list []Measured, reference metrics.Interval, say func(metrics.Interval) string) Figure {
	const top, row, line, foot = 56.0, 22.0, 13.0, 24.0
	span, longest, widest := ink.NoExtent(), 0, 0
	span.Include(reference.Low, reference.High)
	names, middles, bottom := make([][]string, len(list)), make([]float64, len(list)), top // each name in lines, and where its row is
	description := "Points with 95% intervals."
	for i, m := range list {
		names[i] = wrapped(m.Name, 54)
		height := row + line*float64(max(0, len(names[i])-1))
		middles[i], bottom = bottom+height/2, bottom+height
		for _, part := range names[i] {
			longest = max(longest, len(part))
		}
		span.Include(m.Value.Value, m.Value.Low, m.Value.High)
		widest = max(widest, len(say(m.Value)))
		description += fmt.Sprintf(" %s: %s.", m.Name, say(m.Value))
	}
	low, high := span.Limits()
	left, right := max(142, 34+5.6*float64(longest)), 22+4.6*float64(widest)
	width := max(640, left+right+240)
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: bottom + foot,
		Body: func(c draw.Canvas) {
			x := func(v float64) float64 { return left + (v-low)/(high-low)*(width-left-right) }
			ticks(c, low, high, x, top, bottom)
			point := reference.High == reference.Low // not an interval
			if point && ink.Finite(reference.Low) {
				ink.Fill(c, ink.Grey, x(reference.Low), top, 1, bottom-top)
			} else if ink.Finite(reference.Low, reference.High) {
				ink.Fill(c, color.RGBA{238, 244, 249, 255}, x(reference.Low), top, x(reference.High)-x(reference.Low), bottom-top)
			}
			for i, m := range list {
				y := middles[i]
				for j, part := range names[i] {
					ink.Write(c, ink.Words(ink.Sans(10), ink.Black, 0, -0.5), 12, y+line*(float64(j)-float64(len(names[i])-1)/2), part)
				}
				estimate(c, m.Value, point && m.Value.Low <= reference.Low && m.Value.High >= reference.High, x, y)
				ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -0.5), width-right+10, y, say(m.Value))
			}
		},
	}
}

// wrapped divides a text between words into lines of so many bytes, or of one word.
func wrapped(text string, width int) (lines []string) {
	for i, word := range strings.Fields(text) {
		if last := len(lines) - 1; i > 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// estimate draws a value as a disc or a ring on the line of its interval, if it has one; x maps values to points from the left.
func estimate(c draw.Canvas, v metrics.Interval, hollow bool, x func(float64) float64, y float64) {
	if ink.Finite(v.Low, v.High) {
		ink.Stroke(c, estimateLine, x(v.Low), y, x(v.High), y)
	}
	if ink.Finite(v.Value) {
		estimateMark(c, hollow, x(v.Value), y)
	}
}

func estimateMark(c draw.Canvas, hollow bool, x, y float64) {
	ink.Disc(c, ink.Blue, estimateRadius, ink.At(c, x, y))
	if hollow {
		ink.Disc(c, color.White, estimateRadius-1.4, ink.At(c, x, y))
	}
}
