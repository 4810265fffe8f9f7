package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
)

// HeatMaps shows items of the shape of Fashion-MNIST, see HeatMapsOf.
func HeatMaps(title, subtitle string, images []fashion.Image, maps [][]float32, names []string) Figure {
	return HeatMapsOf(title, subtitle, fashion.Set{Images: images}, maps, names)
}

// HeatMapsOf shows items, and under each the same item in the colours of its heat map, such as one of Grad-CAM: values from 0 to 1, one for each
// pixel, row by row; the darker, the higher. Each image has a map, and its name below; names may be nil.
func HeatMapsOf(title, subtitle string, images fashion.Set, maps [][]float32, names []string) Figure {
	const side, gap, left, top, key = 72.0, 26.0, 20.0, 54.0, 96.0
	bottom := top + 2*side + 40 // of the names
	description := fmt.Sprintf("Two rows of %d pictures: items, and the same under heat maps.", images.Len())
	for i, values := range maps {
		x, y := centre(values, images.Shape.Dimensions()[0])
		description += fmt.Sprintf(" %s: the heat's centre is at %.0f%% from the left, %.0f%% from the top.", at(names, i), 100*x, 100*y)
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(images.Len())*(side+gap) - gap, Height: bottom + 12,
		Body: func(c draw.Canvas) {
			for i := range images.Len() {
				x, name := left+float64(i)*(side+gap), at(names, i)
				drawImage(c, drawn(images, i), x, top, side)
				drawImage(c, heated(images, i, maps[i]), x, top+side+6, side)
				ink.Write(c, ink.Fitting(ink.Words(ink.Bold(9), ink.Black, -0.5, -1), name, side+gap-4), x+side/2, top+2*side+10, name)
			}
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -0.5), left, bottom, "0")
			for i := range int(key) {
				ink.Fill(c, heatColour(float64(i)/(key-1)), left+8+float64(i), bottom-4, 1, 8)
			}
			ink.Write(c, ink.Words(ink.Sans(9), ink.Grey, 0, -0.5), left+12+key, bottom, "1")
		},
	}
}

// heated is an image of a set, faded, in the colours of its heat map.
func heated(s fashion.Set, i int, values []float32) image.Image {
	img, side := s.At(i), s.Shape.Dimensions()[0]
	channels := len(img) / (side * side)
	out := image.NewRGBA(image.Rect(0, 0, side*enlarged, side*enlarged))
	for y := range side * enlarged {
		for x := range side * enlarged {
			pixel, grey := y/enlarged*side+x/enlarged, 0.0
			for _, v := range img[pixel*channels : (pixel+1)*channels] {
				grey += float64(v) / float64(channels)
			}
			col, light := heatColour(float64(values[pixel])), 1-0.45*grey/255
			shade := func(v uint8) uint8 { return uint8(math.Round(float64(v) * light)) }
			out.SetRGBA(x, y, color.RGBA{shade(col.R), shade(col.G), shade(col.B), 255})
		}
	}
	return out
}

// heatColour goes from white over vermilion to dark brown, ever darker, so that it reads in grey too.
func heatColour(t float64) color.RGBA {
	steps := []color.RGBA{{255, 255, 255, 255}, {253, 208, 152, 255}, ink.Vermilion, {110, 28, 0, 255}}
	t = min(max(t, 0), 1) * float64(len(steps)-1)
	i := min(int(t), len(steps)-2)
	return mix(steps[i], steps[i+1], t-float64(i))
}

// centre is the mean position of a map's heat, in fractions of the sides from the left and the top; the middle where there is none.
func centre(values []float32, side int) (x, y float64) {
	total := 0.0
	for i, v := range values {
		x += float64(v) * (float64(i%side) + 0.5) / float64(side)
		y += float64(v) * (float64(i/side) + 0.5) / float64(side)
		total += float64(v)
	}
	if total == 0 {
		return 0.5, 0.5
	}
	return x / total, y / total
}
