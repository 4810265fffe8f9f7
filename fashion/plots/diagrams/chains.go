package diagrams

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/plots"
)

// Column is a chain of steps under each other.
type Column struct {
	Title string
	Boxes []Box
	Skip  bool // a skip connection adds the input to the output
}

// Chains shows chains of steps side by side, each from the top to the bottom.
func Chains(title, subtitle string, columns []Column) plots.Figure {
	const wide, pitch, gap, top, left = 240.0, 46.0, 70.0, 84.0, 16.0
	rows, description := 0, "Chains of boxes, side by side."
	for _, column := range columns {
		rows = max(rows, len(column.Boxes))
		description += fmt.Sprintf(" %s:", column.Title)
		for _, b := range column.Boxes {
			description += fmt.Sprintf(" %s (%s);", b.Name, b.Note)
		}
		if column.Skip {
			description += " the input is added at the end."
		}
	}
	return plots.Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(len(columns))*(wide+gap) - gap + 24, Height: top + float64(rows)*pitch + 30,
		Body: func(c draw.Canvas) {
			for i, column := range columns {
				x := left + float64(i)*(wide+gap)
				ink.Write(c, heading(11), x+wide/2, top-26, column.Title)
				chain(c, column, x, top, wide, pitch)
			}
		},
	}
}

// chain draws a column's boxes, with arrows between them.
func chain(c draw.Canvas, column Column, x, top, wide, pitch float64) {
	const boxHeight = 30.0
	middle := x + wide/2
	arrow(c, middle, top-16, middle, top)
	for i, b := range column.Boxes {
		y := top + float64(i)*pitch
		width := wide
		if b.Width > 0 {
			width *= b.Width
		}
		b.draw(c, middle-width/2, y, width, boxHeight)
		arrow(c, middle, y+boxHeight, middle, y+pitch)
	}
	if column.Skip {
		end := top + float64(len(column.Boxes))*pitch
		side := x + wide + 18
		ink.Stroke(c, thin, middle, top-11, side, top-11, side, end+6, middle+8, end+6)
		ink.Write(c, heading(13), middle, end+6, "+")
	}
}

// arrow draws a line down, with a head at its end.
func arrow(c draw.Canvas, x1, y1, x2, y2 float64) {
	ink.Stroke(c, thin, x1, y1, x2, y2)
	c.FillPolygon(ink.Grey, []vg.Point{ink.At(c, x2, y2), ink.At(c, x2-3, y2-5), ink.At(c, x2+3, y2-5)})
}
