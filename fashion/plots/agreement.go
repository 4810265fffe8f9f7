package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg/draw"
)

// Agreement shows the pairwise disagreement of members: only[i][j] is how many images member i recognizes and member j does not.
func Agreement(title string, names []string, only [][]int) Figure {
	const cell, top, second = 52.0, 56.0, "images: the row is right, the column wrong"
	longest, most, description := 0.0, 1, "A table: "+second+"."
	for i, row := range only {
		longest = max(longest, 1.15*textWidth(sans(10), names[i])) // where the font is missing another is wider
		for j, n := range row {
			if i != j {
				most = max(most, n)
				description += fmt.Sprintf(" %s, not %s: %d.", names[i], names[j], n)
			}
		}
	}
	left, side := max(longest+28, longest*math.Cos(slant)-cell/2+12), cell*float64(len(names))
	return Figure{Title: title, subtitle: second, Description: description, width: left + side + 20, height: top + side + 24 + longest*math.Sin(slant),
		body: func(c draw.Canvas) {
			for i, row := range only {
				x, y := left+float64(i)*cell, top+float64(i)*cell
				write(c, words(sans(10), ink, -1, -0.5), left-8, y+cell/2, names[i])
				write(c, slanted(), x+cell/2, top+side+8, names[i])
				for j, n := range row {
					if i != j {
						drawCell(c, left+float64(j)*cell, y, cell, float64(n)/float64(most), n, "")
					}
				}
			}
		},
	}
}
