package plots

import (
	"fmt"
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/photo"
)

// Preparation shows the steps from photos to images, a row for each photo, under the names of the first photo's steps.
func Preparation(title, subtitle string, photos []photo.Prepared) Figure {
	const side, gap, left, top = 112.0, 14.0, 16.0, 78.0
	columns := 0
	description := fmt.Sprintf("A table of pictures, %d rows of photos. From left to right:", len(photos))
	if len(photos) > 0 {
		columns = len(photos[0].Steps)
		for _, s := range photos[0].Steps {
			description += fmt.Sprintf(" %s, %s.", s.Name, s.Note)
		}
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(columns)*(side+gap) - gap, Height: top + float64(len(photos))*(side+gap),
		Body: func(c draw.Canvas) {
			for i, p := range photos {
				for j, s := range p.Steps {
					x := left + float64(j)*(side+gap)
					if i == 0 {
						ink.Write(c, ink.Words(ink.Bold(9.5), ink.Black, -0.5, -1), x+side/2, top-18, s.Name)
					}
					drawWithin(c, s.Image, x, top+float64(i)*(side+gap), side)
				}
			}
		},
	}
}

// drawWithin draws a picture in the middle of a square, as large as fits. A small one keeps its pixels as squares.
func drawWithin(c draw.Canvas, img image.Image, x, y, side float64) {
	b := img.Bounds()
	scale := side / float64(max(b.Dx(), b.Dy()))
	w, h := scale*float64(b.Dx()), scale*float64(b.Dy())
	if times := 4 * 56 / max(b.Dx(), b.Dy()); times > 1 {
		img = repeated(img, times)
	}
	c.DrawImage(vg.Rectangle{Min: ink.At(c, x+(side-w)/2, y+(side+h)/2), Max: ink.At(c, x+(side+w)/2, y+(side-h)/2)}, img)
}

// repeated has each pixel so many times across and down.
func repeated(img image.Image, times int) image.Image {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx()*times, b.Dy()*times))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(b.Min.X+x/times, b.Min.Y+y/times))
		}
	}
	return out
}
