package pictures

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// The ways to bring a picture to a shape.
const (
	Photo   = "photo"   // as package photo does: the item that stands out from the background, light on black, 28x28 and grey
	Crop    = "crop"    // the largest square in the middle
	Pad     = "pad"     // the whole picture, between black bars
	Stretch = "stretch" // the whole picture, both sides scaled to the square's
)

var fits = []string{Photo, Crop, Pad, Stretch}

// Preparation is what becomes of pictures.
type Preparation struct {
	Fit   string        // "" is Photo
	Shape fashion.Shape // that they are brought to
}

// Check reports a fit that there is not, and one that the shape does not have.
func (p Preparation) Check() error {
	if p.Fit != "" && !slices.Contains(fits, p.Fit) {
		return fmt.Errorf("the fit is %q, want one of %s", p.Fit, strings.Join(fits, ", "))
	}
	if p.Shape != (fashion.Shape{}) && (p.Fit == "" || p.Fit == Photo) {
		return fmt.Errorf("the fit photo makes %v; for another side or colours choose one of %s", fashion.Shape{}, strings.Join(fits[1:], ", "))
	}
	return p.Shape.Check()
}

// Prepare brings a picture to the shape by the fit. A picture that has the shape's side is taken as it is, value by value. What is transparent counts as black, but for Photo. Its error is that of
// photo.Prepare.
func (p Preparation) Prepare(img image.Image) (photo.Prepared, error) {
	b, side := img.Bounds(), p.Shape.Dimensions()[0]
	w, h := b.Dx(), b.Dy()
	if w == side && h == side {
		return p.asItIs(img, fmt.Sprintf("%dx%d pixels are taken as they are", side, side)), nil
	}
	from, to := b, image.Rect(0, 0, side, side)
	switch p.Fit {
	case Crop:
		square := min(w, h)
		from = image.Rect(0, 0, square, square).Add(b.Min).Add(image.Pt((w-square)/2, (h-square)/2))
	case Pad:
		scaled := func(v int) int { return max(1, (v*side+max(w, h)/2)/max(w, h)) }
		to = image.Rect(0, 0, scaled(w), scaled(h)).Add(image.Pt((side-scaled(w))/2, (side-scaled(h))/2))
	case Stretch:
	default:
		return photo.Prepare(img)
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Rect, image.Black, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, to, img, from, draw.Over, nil)
	return p.asItIs(out, p.Fit), nil
}

// asItIs is a picture of the shape's side.
func (p Preparation) asItIs(img image.Image, note string) photo.Prepared {
	pixels, d := p.Shape.From(img), p.Shape.Dimensions()
	prepared := photo.Prepared{Steps: []photo.Step{{Name: fmt.Sprintf("%dx%d", d[0], d[1]), Note: note, Image: p.Shape.Image(pixels)}}}
	if p.Shape == (fashion.Shape{}) {
		prepared.Image = fashion.Image(pixels)
	} else {
		prepared.Picture = pixels
	}
	return prepared
}
