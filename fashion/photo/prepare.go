package photo

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
)

// Step is a step of the preparation.
type Step struct {
	Name, Note string
	Image      image.Image
}

// Prepared is a photo converted to an image like those of Fashion-MNIST, with the steps of the conversion.
type Prepared struct {
	Image fashion.Image
	Steps []Step
}

const (
	workSide = 224 // pixels of the longer side during segmentation
	itemSide = 28  // pixels of the item's longer side in the image, as in the data set
)

// Prepare segments the item in a photo and converts it as Xiao, Rasul and Vollgraf converted a shop's pictures ("Fashion-MNIST", 2017, figure 1): it crops the item,
// resizes its longer side to 28 pixels, centres it and takes the negative, light on black. Their backgrounds were white; here the background is estimated from the
// borders and may be coloured, shaded or textured. A photo in which nothing differs from the background is an *Error.
func Prepare(img image.Image) (Prepared, error) {
	work := shrink(img, workSide)
	p := planes(work)
	background := p.background()
	distance := p.distances(background)
	mask := p.mask(distance)
	box, ok := mask.box()
	if !ok {
		return Prepared{}, &Error{"nothing that stands out from the background", "one item on a background that differs from it"}
	}
	item := p.item(background, mask)
	out := fit(item, box)
	return Prepared{out, []Step{
		{"photo", "upright", work},
		{"background", "distance of each pixel from the colours at the borders", distance.picture()},
		{"item", "the pixels above a threshold", mask.picture()},
		{"negative", "light on black, as in the data set", item.picture()},
		{"28x28", "the longer side fills the image", Grey(out)},
	}}, nil
}

// field is a value for each pixel of a picture, row by row.
type field struct {
	width, height int
	values        []float64
}

func newField(width, height int) field { return field{width, height, make([]float64, width*height)} }

func (f field) at(x, y int) float64 { return f.values[y*f.width+x] }

// picture returns values of 0 to 255 as a grey picture.
func (f field) picture() image.Image {
	out := image.NewGray(image.Rect(0, 0, f.width, f.height))
	for i, v := range f.values {
		out.Pix[i] = level(v)
	}
	return out
}

// Grey returns an image of the data set as a picture.
func Grey(img fashion.Image) image.Image {
	return &image.Gray{Pix: img[:], Stride: fashion.Side, Rect: image.Rect(0, 0, fashion.Side, fashion.Side)}
}

// pixels are a picture's red, green and blue, 0 to 255, and how opaque each pixel is, 0 to 1.
type pixels struct {
	channels    [3]field
	opaque      field
	transparent bool // some pixel is
}

// planes splits a picture into its channels.
func planes(img *image.NRGBA) pixels {
	b := img.Bounds()
	p := pixels{opaque: newField(b.Dx(), b.Dy())}
	for c := range p.channels {
		p.channels[c] = newField(b.Dx(), b.Dy())
	}
	for i := range p.opaque.values {
		c := color.NRGBA{img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3]}
		p.opaque.values[i] = float64(c.A) / 255
		p.transparent = p.transparent || c.A < 128
		for k, v := range []uint8{c.R, c.G, c.B} {
			p.channels[k].values[i] = float64(v)
		}
	}
	return p
}

// luma returns the grey value of a colour, 0 to 255 (ITU-R BT.601, as in the data set).
func luma(r, g, b float64) float64 { return 0.299*r + 0.587*g + 0.114*b }

// fit crops an item to a box, resizes it so that its longer side fills an image, and centres it.
func fit(item field, box image.Rectangle) fashion.Image {
	scale := itemSide / float64(max(box.Dx(), box.Dy()))
	w, h := max(1, int(float64(box.Dx())*scale+0.5)), max(1, int(float64(box.Dy())*scale+0.5))
	out := image.NewGray(image.Rect(0, 0, fashion.Side, fashion.Side))
	x, y := (fashion.Side-w)/2, (fashion.Side-h)/2
	draw.CatmullRom.Scale(out, image.Rect(x, y, x+w, y+h), item.picture(), box, draw.Src, nil)
	return fashion.Image(out.Pix)
}
