package fashion_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
)

var shapes = []fashion.Shape{{}, {Channels: 3}, {Side: 32}, {Side: 36, Channels: 3}}

// noise is n images of a shape, image i of class i%3.
func noise(s fashion.Shape, n int) fashion.Set {
	r, set := rand.New(rand.NewPCG(1, 1)), fashion.Set{Shape: s}
	for i := range n {
		p := make(fashion.Picture, s.Bytes())
		for k := range p {
			p[k] = byte(r.Uint32())
		}
		set.Append(p, fashion.Label(i%3))
	}
	return set
}

func TestSetsOfAnyShapeAreWrittenAndReadBack(t *testing.T) {
	for _, s := range shapes {
		set := noise(s, 5).Take([]int{4, 1, 0})
		images, labels := set.EncodeIDX()
		dir := t.TempDir()
		a, b := filepath.Join(dir, "images"), filepath.Join(dir, "labels")
		for path, data := range map[string][]byte{a: images, b: labels} {
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		read, err := fashion.ReadIDX(a, b, s)
		if err != nil {
			t.Fatal(err)
		}
		if read.Len() != 3 || !slices.Equal(read.Labels, []fashion.Label{1, 1, 0}) {
			t.Errorf("%v: %d images with the labels %v", s, read.Len(), read.Labels)
		}
		for i, from := range []int{4, 1, 0} {
			if !bytes.Equal(read.At(i), noise(s, 5).At(from)) {
				t.Errorf("%v: image %d is another", s, i)
			}
		}
		for _, other := range shapes {
			if _, err := fashion.ReadIDX(a, b, other); (err == nil) != (other == s) {
				t.Errorf("images of %v are read as %v: %v", s, other, err)
			}
		}
	}
}

func TestPicturesOfAShapeKeepTheirPixels(t *testing.T) {
	img := image.NewNRGBA(image.Rect(5, 5, 33, 33))
	for i := range 28 * 28 {
		img.SetNRGBA(5+i%28, 5+i/28, color.NRGBA{byte(i), byte(i / 3), byte(i / 7), 255})
	}
	img.SetNRGBA(5, 5, color.NRGBA{R: 200}) // transparent
	s := fashion.Shape{Channels: 3}
	p := s.From(img)
	if len(p) != s.Bytes() || !slices.Equal(p[:6], fashion.Picture{0, 0, 0, 1, 0, 0}) || p[3*100+1] != 33 {
		t.Errorf("%d bytes, the first %v", len(p), p[:6])
	}
	if again := s.From(s.Image(p)); !bytes.Equal(again, p) {
		t.Error("the pixels differ after a conversion and back")
	}
	grey := fashion.Shape{}
	if q := grey.From(grey.Image(grey.From(img))); !bytes.Equal(q, grey.From(img)) {
		t.Error("the grey values differ after a conversion and back")
	}
}

func TestNearDuplicatesOfAnyShapeAreFound(t *testing.T) {
	for _, s := range shapes {
		set := noise(s, 6)
		almost, last := slices.Clone(set.At(2)), s.Bytes()-1
		almost[last] ^= 7
		set.Append(almost, 0)
		pairs := set.NearDuplicates(50)
		if len(pairs) != 1 || pairs[0].I != 2 || pairs[0].J != 6 || pairs[0].Distance != math.Abs(float64(almost[last])-float64(set.At(2)[last])) {
			t.Errorf("%v: %+v", s, pairs)
		}
	}
}

func TestSidesOfADataSetAreBounded(t *testing.T) {
	for side, want := range map[int]string{27: "want a multiple of 4 from 28 to 96", 30: "multiple of 4", 100: "to 96", 28: "", 64: "", 96: ""} {
		s, err := fashion.NewShape(side, false)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("a side of %d: %v", side, err)
		}
		if err == nil && (s.Check() != nil || s.Dimensions() != [3]int{side, side, 1} || (s == fashion.Shape{}) != (side == 28)) {
			t.Errorf("a side of %d is %+v: %v", side, s, s.Check())
		}
	}
}

func TestMethodsForFashionMNISTAloneSayWhatShapeTheyWant(t *testing.T) {
	colour := fashion.Set{Shape: fashion.Shape{Channels: 3}}
	colour.Append(make(fashion.Picture, colour.Shape.Bytes()), 0)
	for name, call := range map[string]func(){"Of": func() { colour.Of(0) }, "RotationTask": func() { colour.RotationTask() }} {
		func() {
			defer func() {
				if got, want := fmt.Sprint(recover()), "Set."+name+" is for grey images of 28x28 pixels, and the set has colour images of 28x28 pixels"; got != want {
					t.Errorf("the panic says %q, want %q", got, want)
				}
			}()
			call()
		}()
	}
}
