package photo

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
)

// Step is a step of the preparation.
type Step struct {
	Name, Note string
	Image      image.Image
}

// Prepared is a photo converted to an image like those of Fashion-MNIST, with the steps of the conversion.
type Prepared struct {
	Image   fashion.Image
	Doubt   string // why the item may not be what the image shows; "" if nothing speaks against it
	Steps   []Step
	Picture fashion.Picture // instead of Image, for a data set of another shape: see package pictures
}

const (
	workSide = 224 // pixels of the longer side during segmentation
	itemSide = 28  // pixels of the item's longer side in the image, as in the data set
)

// Prepare segments the item in a photo and converts it as Xiao, Rasul and Vollgraf converted a shop's pictures ("Fashion-MNIST", 2017, figure 1): it crops the item,
// resizes its longer side to 28 pixels, centres it and takes the negative, light on black. Their backgrounds were white; here the background is estimated from the
// borders and may be coloured, shaded or textured, darker or lighter than the item. A frame around the picture is cut off, and an image of the data set itself is taken
// as it is. A photo in which nothing differs from the background is an *Error.
func Prepare(img image.Image) (Prepared, error) {
	work := shrink(img, workSide)
	p := planes(work)
	if p.ofDataSet() {
		return prepareOfDataSet(work)
	}
	if inner, framed := p.withoutFrame(); framed {
		work = shrink(work.SubImage(inner), workSide)
		p = planes(work)
	}
	background := p.background()
	distance := p.distances(background)
	mask := p.mask(distance)
	box, ok := mask.Box()
	if !ok {
		return Prepared{}, nothing()
	}
	item := p.item(background, distance, mask)
	out := fit(item, box)
	return Prepared{Image: out, Doubt: p.doubt(distance, mask), Steps: []Step{
		{"photo", "upright", work},
		{"background", "distance of each pixel from the colours at the borders", distance.Picture()},
		{"item", "the pixels above a threshold", mask.Picture()},
		{"negative", "light on black, as in the data set", item.Picture()},
		{"28x28", "the longer side fills the image", Grey(out)},
	}}, nil
}

// nothing is the error of a picture without an item.
func nothing() error {
	return &Error{"nothing that stands out from the background", "one item on a background that differs from it"}
}

// Grey returns an image of the data set as a picture.
func Grey(img fashion.Image) image.Image {
	return &image.Gray{Pix: img[:], Stride: fashion.Side, Rect: image.Rect(0, 0, fashion.Side, fashion.Side)}
}

// pixels are a picture's red, green and blue, 0 to 255, and how opaque each pixel is, 0 to 1.
type pixels struct {
	channels [3]raster.Field
	opaque   raster.Field
	cutOut   bool // an item that was cut out: what is transparent is its background
}

// planes splits a picture into its channels.
func planes(img *image.NRGBA) pixels {
	b := img.Bounds()
	p := pixels{opaque: raster.New(b.Dx(), b.Dy())}
	for c := range p.channels {
		p.channels[c] = raster.New(b.Dx(), b.Dy())
	}
	for i := range p.opaque.Values {
		c := color.NRGBA{img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3]}
		p.opaque.Values[i] = float64(c.A) / 255
		for k, v := range []uint8{c.R, c.G, c.B} {
			p.channels[k].Values[i] = float64(v)
		}
	}
	border, transparent := border(p.opaque), 0
	for _, at := range border {
		if p.opaque.At(at[0], at[1]) < 0.5 {
			transparent++
		}
	}
	p.cutOut = float64(transparent) > minTransparent*float64(len(border))
	return p
}

// minTransparent is the fraction of a picture's borders that is transparent around an item that was cut out. Rounded corners are less.
const minTransparent = 0.2

// fit crops an item to a box, resizes it so that its longer side fills an image, and centres it.
func fit(item raster.Field, box image.Rectangle) fashion.Image {
	scale := itemSide / float64(max(box.Dx(), box.Dy()))
	w, h := max(1, int(float64(box.Dx())*scale+0.5)), max(1, int(float64(box.Dy())*scale+0.5))
	out := image.NewGray(image.Rect(0, 0, fashion.Side, fashion.Side))
	x, y := (fashion.Side-w)/2, (fashion.Side-h)/2
	draw.CatmullRom.Scale(out, image.Rect(x, y, x+w, y+h), item.Picture(), box, draw.Src, nil)
	return fashion.Image(out.Pix)
}
