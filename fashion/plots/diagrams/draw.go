// Package diagrams draws boxes and arrows: the layers of a network, the stages of a method.
package diagrams

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
)

// Box is a step of a diagram.
type Box struct {
	Name, Note string
	Width      float64 // in Chains, fraction of the column's width, 0 for all of it: how many channels a layer has beside the others, say
	Apart      bool    // in Method, no arrow leaves the box
}

// draw draws a box with its name and note, both made smaller if they do not fit.
func (b Box) draw(c draw.Canvas, x, y, width, height float64) {
	ink.Fill(c, color.RGBA{221, 233, 243, 255}, x, y, width, height)
	ink.Fill(c, ink.Blue, x, y, 2.5, height)
	ink.Write(c, ink.Fitting(ink.Centred(ink.Sans(10), ink.Black), b.Name, width-14), x+width/2, y+height/3, b.Name)
	ink.Write(c, ink.Fitting(ink.Centred(ink.Sans(8.5), ink.Grey), b.Note, width-14), x+width/2, y+height*0.72, b.Note)
}

// heading is a style of bold text that is centred on its point.
func heading(size float64) draw.TextStyle {
	return ink.Centred(ink.Bold(size), ink.Black)
}

// thin is the line of arrows.
var thin = draw.LineStyle{Color: ink.Grey, Width: vg.Points(1)}
