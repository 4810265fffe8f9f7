package pictures_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/pictures"
)

// painted is a picture of one colour.
func painted(w, h int, c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

func TestPicturesAreReadInColourAndLarge(t *testing.T) {
	dir := t.TempDir()
	for i := range 8 {
		save(t, painted(80, 60, color.RGBA{200, byte(i), 30, 255}), dir, "red", fmt.Sprintf("%d.png", i))
		save(t, painted(48, 48, color.RGBA{30, byte(i), 200, 255}), dir, "blue", fmt.Sprintf("%d.png", i))
	}
	save(t, painted(80, 60, color.RGBA{200, 3, 30, 255}), dir, "red", "twin.png")
	p := pictures.Preparation{Fit: pictures.Stretch, Shape: fashion.Shape{Side: 48, Channels: 3}}
	d, report, err := p.Read(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Shape != p.Shape || d.Train.Len()+d.Test.Len() != 17 || len(d.Train.At(0)) != 48*48*3 || report.Duplicates != 1 {
		t.Errorf("%d and %d of %v; %v", d.Train.Len(), d.Test.Len(), d.Train.Shape, report)
	}
	for i := range d.Train.Len() {
		at, want := d.Train.At(i), []byte{30, 0, 200}
		if d.Train.Classes.Name(d.Train.Labels[i]) == "red" {
			want = []byte{200, 0, 30}
		}
		want[1] = at[1]
		if !slices.Equal(at[:3], want) || !slices.Equal(at[len(at)-3:], want) {
			t.Errorf("%q: the first pixel is %v, the last %v", report.Files(at, d.Train.Labels[i]), at[:3], at[len(at)-3:])
		}
	}
}

func TestShapesOfOtherImagesThanAFitMakesAreRefused(t *testing.T) {
	colour := fashion.Shape{Channels: 3}
	for _, c := range []struct {
		p         pictures.Preparation
		dir, want string
	}{
		{pictures.Preparation{Shape: colour}, t.TempDir(), "the fit photo makes grey images of 28x28 pixels; for another side or colours choose one of crop, pad, stretch"},
		{pictures.Preparation{Fit: pictures.Photo, Shape: fashion.Shape{Side: 64}}, t.TempDir(), "choose one of crop"},
		{pictures.Preparation{Fit: pictures.Pad, Shape: colour}, "../../testdata/fashion-mnist", "leave out -side and -color"},
		{pictures.Preparation{Fit: pictures.Pad, Shape: fashion.Shape{Side: 50}}, t.TempDir(), "a multiple of 4 from 28 to 96"},
	} {
		if _, _, err := c.p.Read(context.Background(), c.dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: the error is %v, want one with %q", c.p, err, c.want)
		}
	}
}
