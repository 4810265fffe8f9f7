package plots

import (
	"fmt"
	"image"
	"strings"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
)

// Tiles shows items beside and under each other, each with its caption in two lines; items beyond the captions have none.
func Tiles(title, subtitle string, images []fashion.Image, captions [][2]string) Figure {
	return TilesOf(title, subtitle, fashion.Set{Images: images}, captions)
}

// TilesOf is Tiles for the images of a set, whatever their shape.
func TilesOf(title, subtitle string, images fashion.Set, captions [][2]string) Figure {
	var list []tile
	description := fmt.Sprintf("Grey pictures of %d items with captions.", images.Len())
	if images.Shape.Channels == 3 {
		description = strings.Replace(description, "Grey pictures", "Pictures", 1)
	}
	for i := range images.Len() {
		first, then := at(captions, i)[0], at(captions, i)[1]
		list = append(list, tile{drawn(images, i), []line{{first, ink.Words(ink.Bold(9), ink.Black, -0.5, -1)}, {then, ink.Words(ink.Sans(9), ink.Grey, -0.5, -1)}}})
		description += fmt.Sprintf(" %s: %s.", first, then)
	}
	f := tiles(title, subtitle, "no images", 6, list)
	f.Description = description
	return f
}

// tile is an item with lines under it.
type tile struct {
	image image.Image
	lines []line
}

type line struct {
	text  string
	style draw.TextStyle
}

// tiles draws items in rows of at most so many, each with as many lines, or a word if there are none.
func tiles(title, subtitle, none string, most int, list []tile) Figure {
	const side, gap, left, top, pitch = 72.0, 26.0, 20.0, 54.0, 12.0
	columns, rows, row := min(most, max(1, len(list))), max(1, (len(list)+most-1)/most), side+14+pitch
	if len(list) > 0 {
		row = side + 14 + pitch*float64(len(list[0].lines))
	}
	return Figure{Title: title, Subtitle: subtitle, Width: 2*left + float64(columns)*(side+gap) - gap, Height: top + float64(rows)*row,
		Body: func(c draw.Canvas) {
			if len(list) == 0 {
				ink.Write(c, ink.Words(ink.Sans(11), ink.Black, 0, -1), 12, top, none)
			}
			for i, t := range list {
				x, y := left+float64(i%most)*(side+gap), top+float64(i/most)*row
				drawImage(c, t.image, x, y, side)
				for k, l := range t.lines {
					ink.Write(c, ink.Fitting(l.style, l.text, side+gap-4), x+side/2, y+side+4+pitch*float64(k), l.text)
				}
			}
		},
	}
}
