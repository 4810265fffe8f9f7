package pictures

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// The ways to bring a picture to 28x28 grey pixels.
const (
	Photo   = "photo"   // as package photo does: the item that stands out from the background, light on black
	Crop    = "crop"    // the largest square in the middle
	Pad     = "pad"     // the whole picture, between black bars
	Stretch = "stretch" // the whole picture, both sides scaled to the square's
)

var fits = []string{Photo, Crop, Pad, Stretch}

// CheckFit reports a fit that there is not.
func CheckFit(fit string) error {
	if !slices.Contains(fits, fit) {
		return fmt.Errorf("-fit is %q, want one of %s", fit, strings.Join(fits, ", "))
	}
	return nil
}

// Prepare brings a picture to 28x28 by a fit; "" is Photo. A picture that has 28x28 pixels is taken as it is, its grey value by value. What is transparent counts as black, but for Photo. Its error is
// that of photo.Prepare.
func Prepare(img image.Image, fit string) (photo.Prepared, error) {
	b := img.Bounds()
	if b.Dx() == fashion.Side && b.Dy() == fashion.Side {
		return asItIs(img, "28x28 pixels are taken as they are"), nil
	}
	w, h := b.Dx(), b.Dy()
	from, to := b, image.Rect(0, 0, fashion.Side, fashion.Side)
	switch fit {
	case Crop:
		side := min(w, h)
		from = image.Rect(0, 0, side, side).Add(b.Min).Add(image.Pt((w-side)/2, (h-side)/2))
	case Pad:
		scaled := func(v int) int { return max(1, (v*fashion.Side+max(w, h)/2)/max(w, h)) }
		to = image.Rect(0, 0, scaled(w), scaled(h)).Add(image.Pt((fashion.Side-scaled(w))/2, (fashion.Side-scaled(h))/2))
	case Stretch:
	default:
		return photo.Prepare(img)
	}
	out := image.NewRGBA(image.Rect(0, 0, fashion.Side, fashion.Side))
	draw.Draw(out, out.Rect, image.Black, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, to, img, from, draw.Over, nil)
	return asItIs(out, fit), nil
}

// asItIs is a picture of 28x28 pixels in grey.
func asItIs(img image.Image, note string) photo.Prepared {
	var m fashion.Image
	b := img.Bounds()
	for i := range m {
		m[i] = color.GrayModel.Convert(img.At(b.Min.X+i%fashion.Side, b.Min.Y+i/fashion.Side)).(color.Gray).Y
	}
	return photo.Prepared{Image: m, Steps: []photo.Step{{Name: "28x28", Note: note, Image: photo.Grey(m)}}}
}
