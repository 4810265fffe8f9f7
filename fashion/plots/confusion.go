package plots

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// ConfusionMatrix shows how many images of each true class (row) are predicted as each class (column): the count and,
// under it, the percentage of the row. Of more than 40 classes it shows those with the lowest recall.
func ConfusionMatrix(all metrics.Confusion) Figure { return ConfusionMatrixOf(all, "true class") }

// ConfusionMatrixOf is a ConfusionMatrix whose rows are what the title says: the classes that a generator was asked for, say.
func ConfusionMatrixOf(all metrics.Confusion, title string) Figure {
	c := all.Hardest(40)
	const cell, top, longest = 44.0, 66.0, 220.0
	names := ink.Widest(c.Classes.Names(), 10, longest)
	left, bottom := max(112, 44+names), max(86, 40+names*math.Sin(slant))
	side := cell * float64(len(c.Counts))
	description := fmt.Sprintf("A table of %ses by predicted classes for %d images.", title, all.Total())
	if pairs := all.MostConfused(); len(pairs) > 0 {
		description += fmt.Sprintf(" Most often confused: %s and %s, %d times.", all.Classes.Name(pairs[0].A), all.Classes.Name(pairs[0].B), pairs[0].Count)
	}
	hits := 0
	for k := range all.Counts {
		hits += all.Counts[k][k]
	}
	subtitle := fmt.Sprintf("count and percent of the row; %d of %d on the diagonal", hits, all.Total())
	return Figure{Title: "Confusion matrix", Subtitle: subtitle, Description: description, Width: left + side + 20, Height: top + side + bottom,
		Body: func(cv draw.Canvas) {
			vertically := ink.Words(ink.Sans(10), ink.Grey, -0.5, 0)
			vertically.Rotation = math.Pi / 2
			ink.Write(cv, vertically, 20, top+side/2, title)
			ink.Write(cv, ink.Words(ink.Sans(10), ink.Grey, -0.5, 0), left+side/2, top+side+bottom-10, "predicted class")
			for i, row := range c.Counts {
				total := 0
				for _, n := range row {
					total += n
				}
				y := top + float64(i)*cell
				name := c.Classes.Name(fashion.Label(i))
				ink.Write(cv, ink.Fitting(ink.Words(ink.Sans(10), ink.Black, -1, -0.5), name, longest), left-8, y+cell/2, name)
				ink.Write(cv, ink.Fitting(slanted(), name, longest), left+float64(i)*cell+cell/2, top+side+8, name)
				for j, n := range row {
					fraction := float64(n) / math.Max(1, float64(total))
					drawCell(cv, left+float64(j)*cell, y, cell, fraction, n, fmt.Sprintf("%.1f%%", 100*fraction))
				}
			}
		},
	}
}

// slant is the angle of the columns' names in radians.
const slant = math.Pi / 5

// slanted is the style of the columns' names.
func slanted() draw.TextStyle {
	s := ink.Words(ink.Sans(10), ink.Black, -1, -1)
	s.Rotation = slant
	return s
}

// drawCell draws a count and, if any, a note under it; of a count of 0, neither. The shade grows with the square root of the fraction, so
// that small ones show; the number is dark on light shades and white on dark ones.
func drawCell(c draw.Canvas, x, y, side, fraction float64, n int, note string) {
	shade := blend(math.Sqrt(fraction))
	ink.Fill(c, shade, x+0.5, y+0.5, side-1, side-1)
	if n == 0 {
		return
	}
	col := color.Color(ink.Black)
	if luminance(shade) < 0.5 {
		col = color.White
	}
	if note == "" {
		ink.Write(c, ink.Centred(ink.Bold(10), col), x+side/2, y+side/2, fmt.Sprint(n))
		return
	}
	ink.Write(c, ink.Words(ink.Bold(10), col, -0.5, -1), x+side/2, y+9, fmt.Sprint(n))
	ink.Write(c, ink.Words(ink.Sans(8), col, -0.5, -1), x+side/2, y+24, note)
}

// blend goes from near white to dark blue, ever darker, so that it reads in grey too.
func blend(t float64) color.RGBA {
	return mix(color.RGBA{246, 248, 250, 255}, color.RGBA{8, 48, 107, 255}, t)
}

// mix is a colour between two: t 0 is the first, 1 the second.
func mix(a, b color.RGBA, t float64) color.RGBA {
	between := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.RGBA{between(a.R, b.R), between(a.G, b.G), between(a.B, b.B), 255}
}

// luminance is the relative brightness of a colour, 0 to 1 (Rec. 709 weights).
func luminance(c color.RGBA) float64 {
	return (0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)) / 255
}
