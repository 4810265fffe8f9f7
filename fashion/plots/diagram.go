package plots

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Box is a step of a Diagram.
type Box struct {
	Name, Note string
	Width      float64 // fraction of the column's width, 0 for all of it: how many channels a layer has beside the others, say
}

// Column is a chain of steps under each other.
type Column struct {
	Title string
	Boxes []Box
	Skip  bool // a skip connection adds the input to the output
}

// Diagram shows chains of steps side by side, each from the top to the bottom.
func Diagram(title, subtitle string, columns []Column) Figure {
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
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(len(columns))*(wide+gap) - gap + 24, Height: top + float64(rows)*pitch + 30,
		Body: func(c draw.Canvas) {
			for i, column := range columns {
				x := left + float64(i)*(wide+gap)
				write(c, words(bold(11), ink, -0.5, -0.5), x+wide/2, top-26, column.Title)
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
		drawBox(c, b, middle-width/2, y, width, boxHeight)
		arrow(c, middle, y+boxHeight, middle, y+pitch)
	}
	if column.Skip {
		end := top + float64(len(column.Boxes))*pitch
		side := x + wide + 18
		path(c, middle, top-11, side, top-11, side, end+6, middle+8, end+6)
		write(c, words(bold(13), ink, -0.5, -0.5), middle, end+6, "+")
	}
}

// drawBox draws a box with its name and note, both made smaller if they do not fit.
func drawBox(c draw.Canvas, b Box, x, y, width, height float64) {
	fill(c, color.RGBA{221, 233, 243, 255}, x, y, width, height)
	fill(c, blue, x, y, 2.5, height)
	name, note := words(sans(10), ink, -0.5, -0.5), words(sans(8.5), grey, -0.5, -0.5)
	write(c, fitting(name, b.Name, width-14), x+width/2, y+height/3, b.Name)
	write(c, fitting(note, b.Note, width-14), x+width/2, y+height*0.72, b.Note)
}

// path draws a thin line through points.
func path(c draw.Canvas, coordinates ...float64) {
	stroke(c, draw.LineStyle{Color: grey, Width: vg.Points(1)}, coordinates...)
}

// arrow draws a line down, with a head at its end.
func arrow(c draw.Canvas, x1, y1, x2, y2 float64) {
	path(c, x1, y1, x2, y2)
	c.FillPolygon(grey, []vg.Point{at(c, x2, y2), at(c, x2-3, y2-5), at(c, x2+3, y2-5)})
}
