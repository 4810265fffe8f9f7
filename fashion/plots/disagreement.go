package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
)

// Disagreement shows the pairwise disagreement of models: counts[i][j] is how many images model i classifies correctly and model j does not, as
// metrics.Disagreement counts them.
func Disagreement(title string, names []string, counts [][]int) Figure {
	const cell, top, subtitle = 52.0, 56.0, "images that the row's model classifies correctly and the column's does not"
	longest, most, description := 0.0, 1, "A table: "+subtitle+"."
	for i, row := range counts {
		longest = max(longest, ink.TextWidth(ink.Sans(10), names[i]))
		for j, n := range row {
			if i != j {
				most = max(most, n)
				description += fmt.Sprintf(" %s, not %s: %d.", names[i], names[j], n)
			}
		}
	}
	left, side := max(longest+28, longest*math.Cos(slant)-cell/2+12), cell*float64(len(names))
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: left + side + 20, Height: top + side + 24 + longest*math.Sin(slant),
		Body: func(c draw.Canvas) {
			for i, row := range counts {
				x, y := left+float64(i)*cell, top+float64(i)*cell
				ink.Write(c, ink.Words(ink.Sans(10), ink.Black, -1, -0.5), left-8, y+cell/2, names[i])
				ink.Write(c, slanted(), x+cell/2, top+side+8, names[i])
				for j, n := range row {
					if i != j {
						drawCell(c, left+float64(j)*cell, y, cell, float64(n)/float64(most), n, "")
					}
				}
			}
		},
	}
}
