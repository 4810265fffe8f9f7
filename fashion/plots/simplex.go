package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/internal/ink"
)

// Simplex shows the accuracy of soft voting by three members for all weights, as a triangle: at a corner one member has all the weight, in the
// middle all have the same. The darker, the more accurate. grid is that of ensemble.Grid.
func Simplex(title, subtitle string, names [3]string, grid []ensemble.GridPoint, marks []ensemble.Weighting) Figure {
	const width, height, side, left, top = 640.0, 464.0, 400.0, 40.0, 76.0
	corners := [3][2]float64{{left + side/2, top}, {left, top + side*math.Sqrt(3)/2}, {left + side, top + side*math.Sqrt(3)/2}}
	position := func(weights []float64) (x, y float64) {
		for m, w := range weights {
			x, y = x+w*corners[m][0], y+w*corners[m][1]
		}
		return x, y
	}
	divisions := (math.Sqrt(8*float64(len(grid))+1) - 3) / 2 // a grid of n divisions has (n+1)(n+2)/2 points
	dot := side / divisions / 2
	if len(grid) == 0 {
		return tiles(title, subtitle, "nothing yet", 1, nil)
	}
	byAccuracy := func(a, b ensemble.GridPoint) int { return cmp.Compare(a.Accuracy, b.Accuracy) }
	low, high := slices.MinFunc(grid, byAccuracy).Accuracy, slices.MaxFunc(grid, byAccuracy).Accuracy
	description := fmt.Sprintf("A triangle of %d weightings. The accuracy is %.4f to %.4f.", len(grid), low, high)
	for _, m := range marks {
		description += fmt.Sprintf(" %s: %s.", m.Name, FormatWeights(m.Weights))
	}
	// The middle of the differences is where most weightings are far better than the worst corner: its shade grows late.
	shade := func(accuracy float64) color.RGBA {
		t := (accuracy - low) / math.Max(1e-9, high-low)
		return blend(math.Pow(t, 4))
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			for _, w := range grid {
				x, y := position(w.Weights)
				ink.Disc(c, shade(w.Accuracy), dot, ink.At(c, x, y))
			}
			ink.Write(c, ink.Words(ink.Bold(10), ink.Black, -0.5, 0), corners[0][0], corners[0][1]-14, names[0])
			ink.Write(c, ink.Words(ink.Bold(10), ink.Black, 0, -1), corners[1][0]-14, corners[1][1]+14, names[1])
			ink.Write(c, ink.Words(ink.Bold(10), ink.Black, -1, -1), corners[2][0]+14, corners[2][1]+14, names[2])
			for i, m := range marks {
				x, y := position(m.Weights)
				keyX, keyY := left+side+26, top+14+44*float64(i)
				for _, p := range [][2]float64{{x, y}, {keyX, keyY}} {
					ink.Disc(c, color.White, 8.5, ink.At(c, p[0], p[1]))
					ink.Disc(c, ink.Vermilion, 7.5, ink.At(c, p[0], p[1]))
					ink.Write(c, ink.Centred(ink.Bold(9), color.White), p[0], p[1], fmt.Sprint(i+1))
				}
				ink.Write(c, ink.Words(ink.Sans(9.5), ink.Black, 0, -0.5), keyX+14, keyY-1, m.Name)
				ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -0.5), keyX+14, keyY+12, FormatWeights(m.Weights))
			}
			const key = 130.0
			y := corners[1][1] - 30
			for i := range int(key) {
				ink.Fill(c, shade(low+(high-low)*float64(i)/(key-1)), left+side+30+float64(i), y, 1, 9)
			}
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -1), left+side+30, y+12, fmt.Sprintf("%.4f", low))
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, -1, -1), left+side+30+key, y+12, fmt.Sprintf("%.4f", high))
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, 0), left+side+30, y-3, "accuracy")
		},
	}
}

// FormatWeights formats the weights of an ensemble, such as 0.45 / 0.45 / 0.10.
func FormatWeights(weights []float64) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprintf("%.2f", weights), "[]"), " ", " / ")
}
