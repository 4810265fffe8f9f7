package plots

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/internal/text"
)

// Row is a named row of pictures in a Gallery.
type Row struct {
	Name   string
	Images []fashion.Image
}

// Gallery shows rows of pictures under each other.
func Gallery(title, subtitle string, rows []Row) Figure { return gallery(title, subtitle, 52, rows) }

// gallery is a Gallery of pictures that are so many points wide.
func gallery(title, subtitle string, side float64, rows []Row) Figure {
	const top, gap = 52.0, 5.0
	columns, left := 0, 12.0
	var names []string
	for _, r := range rows {
		columns, left = max(columns, len(r.Images)), max(left, 26+ink.TextWidth(ink.Sans(9.5), r.Name))
		names = append(names, r.Name)
	}
	return Figure{Title: title, Subtitle: subtitle,
		Description: fmt.Sprintf("A table of grey pictures with %d columns and the rows: %s.", columns, strings.Join(names, ", ")),
		Width:       left + float64(columns)*(side+gap) + 12, Height: top + float64(len(rows))*(side+gap) + 6,
		Body: func(c draw.Canvas) {
			for i, r := range rows {
				y := top + float64(i)*(side+gap)
				ink.Write(c, ink.Words(ink.Sans(9.5), ink.Black, -1, -0.5), left-10, y+side/2, r.Name)
				for j, img := range r.Images {
					drawImage(c, picture(img), left+float64(j)*(side+gap), y, side)
				}
			}
		},
	}
}

// SampleGrid shows the first items of each class, a row a class. The images have the shape of Fashion-MNIST.
func SampleGrid(s fashion.Set, perClass int) Figure {
	f := gallery("Items of each class", "the first of each in the file, drawn dark on light", 42, classRows(s, perClass))
	f.Description = fmt.Sprintf("A table of grey pictures: %s rows, one for each class from %s to %s, with %d items each.",
		text.Count(s.Classes.Len()), s.Classes.Name(0), s.Classes.Name(fashion.Label(s.Classes.Len()-1)), perClass)
	return f
}

// classRows are up to so many images of each class of a set, a row a class.
func classRows(s fashion.Set, perClass int) []Row {
	rows := make([]Row, s.Classes.Len())
	for class := range rows {
		rows[class].Name = s.Classes.Name(fashion.Label(class))
	}
	for i, l := range s.Labels {
		if len(rows[l].Images) < perClass {
			rows[l].Images = append(rows[l].Images, s.Images[i])
		}
	}
	return rows
}
