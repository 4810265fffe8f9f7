package photo_test

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/scene"
)

func items(t *testing.T) fashion.Set {
	t.Helper()
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// correlation of two images' pixels, -1 to 1.
func correlation(a, b fashion.Image) float64 {
	var x, y []float64
	for i := range a {
		x, y = append(x, float64(a[i])), append(y, float64(b[i]))
	}
	return stat.Correlation(x, y, nil)
}

// Prepare must recover an item that fills the image, as most do, from its photo.
func TestPreparedPhotoIsLikeTheItem(t *testing.T) {
	set, r := items(t), rand.New(rand.NewPCG(1, 0))
	// A dark garment on a dark background hardly differs from it.
	minimum := map[string]float64{"white background": 0.88, "light, coloured background": 0.86, "dark background": 0.6, "shaded background": 0.86, "textured background": 0.83,
		"small and off-centre": 0.87, "noise and strong compression": 0.87}
	for _, place := range scene.Scenes() {
		want, tested := minimum[place.Name]
		if !tested {
			continue // rotated items differ from the upright ones
		}
		sum := 0.0
		const n = 60
		for i := range n {
			img, err := place.Render(set.Images[i], r)
			if err != nil {
				t.Fatal(err)
			}
			p, err := photo.Prepare(img)
			if err != nil {
				t.Errorf("%s, item %d: %v", place.Name, i, err)
				continue
			}
			sum += correlation(p.Image, set.Images[i])
		}
		t.Logf("%s: %.3f", place.Name, sum/n)
		if sum/n < want {
			t.Errorf("%s: the mean correlation with the items is %.3f, want %.2f", place.Name, sum/n, want)
		}
	}
}

func TestStepsOfAPreparationAreShown(t *testing.T) {
	img, err := scene.Scenes()[0].Render(items(t).Images[0], rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := photo.Prepare(img)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		if s.Name == "" || s.Note == "" || s.Image.Bounds().Empty() {
			t.Errorf("a step is %+v", s)
		}
	}
	if last := p.Steps[len(p.Steps)-1].Image.Bounds(); last.Dx() != fashion.Side || last.Dy() != fashion.Side {
		t.Errorf("the last step has %v pixels", last)
	}
}

func TestTransparentBackgroundSegmentsTheItem(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 100, 60))
	for y := 20; y < 40; y++ {
		for x := 10; x < 90; x++ {
			img.SetNRGBA(x, y, color.NRGBA{55, 55, 55, 255}) // as the white below, it would not differ from a dark one
		}
	}
	p, err := photo.Prepare(img)
	if err != nil {
		t.Fatal(err)
	}
	if middle, above := p.Image[14*fashion.Side+14], p.Image[4*fashion.Side+14]; middle != 200 || above != 0 {
		t.Errorf("the item is %d and what is above it %d, want 200 and 0", middle, above)
	}
	if left := p.Image[14*fashion.Side]; left < 150 {
		t.Errorf("the longer side does not fill the image: its end is %d", left)
	}
}

// square is a picture of a grey level with a square of another in its middle, which has a third in its middle.
func square(ground, item, inner uint8) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 120, 120))
	for y := range 120 {
		for x := range 120 {
			v := ground
			if d := max(x-60, 59-x, y-60, 59-y); d < 10 {
				v = inner
			} else if d < 40 {
				v = item
			}
			img.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
		}
	}
	return img
}

func TestItemLighterThanItsBackgroundIsLightOnBlackWithItsTexture(t *testing.T) {
	for _, ground := range []uint8{20, 90, 150, 200} {
		p, err := photo.Prepare(square(ground, 250, 235))
		if err != nil || p.Doubt != "" {
			t.Fatalf("on %d: %v, doubt: %q", ground, err, p.Doubt)
		}
		item, inner := p.Image[5*fashion.Side+5], p.Image[14*fashion.Side+14]
		if item < 200 || inner <= item {
			t.Errorf("on %d the item is %d and its darker part %d, want 200 or more, and lighter", ground, item, inner)
		}
		if edge := p.Image[14*fashion.Side+1]; edge > item+5 {
			t.Errorf("on %d the edge is %d, want about %d: it is mixed with the background", ground, edge, item)
		}
	}
}

func TestItemThatHardlyDiffersFromItsBackgroundIsDoubted(t *testing.T) {
	for ground, item := range map[uint8]uint8{100: 114, 235: 221} {
		if p, err := photo.Prepare(square(ground, item, item)); err != nil || p.Doubt == "" {
			t.Errorf("%d on %d: doubt %q, error %v", item, ground, p.Doubt, err)
		}
	}
}

// rectangles is a white picture of 160x120 pixels with dark rectangles.
func rectangles(list ...image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 160, 120))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for _, r := range list {
		draw.Draw(img, r, image.NewUniform(color.Gray{40}), image.Point{}, draw.Src)
	}
	return img
}

func TestSeveralItemsAndOneThatThePictureCutsOffAreDoubted(t *testing.T) {
	for _, c := range []struct {
		what  string
		img   image.Image
		doubt string // part of it; "" none
	}{
		{"two equal items", rectangles(image.Rect(10, 20, 60, 100), image.Rect(100, 20, 150, 100)), "several items"},
		{"one of half the size", rectangles(image.Rect(10, 20, 60, 100), image.Rect(100, 20, 150, 60)), "several items"},
		{"a small part", rectangles(image.Rect(10, 20, 60, 100), image.Rect(100, 20, 120, 50)), ""},
		{"one item", rectangles(image.Rect(50, 20, 100, 100)), ""},
		{"an arm from above", rectangles(image.Rect(50, 40, 100, 100), image.Rect(60, 0, 80, 40)), ""},
		{"a landscape", decode(t, stored(t, "composed/landscape.jpg")), "along the borders"},
	} {
		p, err := photo.Prepare(c.img)
		if err != nil || (p.Doubt == "") != (c.doubt == "") || !strings.Contains(p.Doubt, c.doubt) {
			t.Errorf("%s: the doubt is %q (%v), want %q", c.what, p.Doubt, err, c.doubt)
		}
	}
}

func TestImagesOfTheDataSetAreTakenAsTheyAre(t *testing.T) {
	for i, item := range items(t).Images[:20] {
		p, err := photo.Prepare(photo.Grey(item))
		if err != nil || p.Image != item {
			t.Errorf("item %d has changed (%v)", i, err)
		}
		enlarged, err := scene.Scene{Background: "data set", JPEGQuality: 75}.Render(item, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, err = photo.Prepare(enlarged); err != nil || correlation(p.Image, item) < 0.98 {
			t.Errorf("item %d, enlarged: the correlation is %.3f (%v)", i, correlation(p.Image, item), err)
		}
	}
}

func TestFramesAndRoundedCornersChangeNothing(t *testing.T) {
	for i, item := range items(t).Images[:10] {
		prepared := func(s scene.Scene) fashion.Image {
			s.Background, s.Grey = "grey", 235
			img, err := s.Render(item, rand.New(rand.NewPCG(1, uint64(i))))
			if err != nil {
				t.Fatal(err)
			}
			p, err := photo.Prepare(img)
			if err != nil {
				t.Fatal(err)
			}
			return p.Image
		}
		plain := prepared(scene.Scene{})
		for _, s := range []scene.Scene{{Frame: 2}, {Frame: 10}, {Frame: 25}, {Corners: 12}, {Corners: 40}} {
			if c := correlation(plain, prepared(s)); c < 0.98 {
				t.Errorf("item %d, frame of %d, corners of %d: the correlation with the image without is %.3f", i, s.Frame, s.Corners, c)
			}
		}
	}
}

func TestPhotoWithoutAnItemIsAnError(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	_, err := photo.Prepare(img)
	var e *photo.Error
	if !errors.As(err, &e) {
		t.Errorf("the error is %v, want an *Error", err)
	}
}

func BenchmarkPrepare(b *testing.B) {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		b.Fatal(err)
	}
	for _, place := range []scene.Scene{scene.Scenes()[0], scene.Scenes()[4]} {
		img, err := place.Render(set.Images[0], rand.New(rand.NewPCG(1, 0)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(place.Background, func(b *testing.B) {
			for b.Loop() {
				if _, err := photo.Prepare(img); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestPhotosAreTheSameInAnyOrder(t *testing.T) {
	set := items(t).Take([]int{0, 1, 2, 3, 4, 5})
	place := scene.Scenes()[8]
	all, missed, err := place.Photos(set, 1)
	if err != nil || missed != 0 {
		t.Fatalf("%d missed (%v)", missed, err)
	}
	again, _, err := place.Photos(set.Take([]int{0, 1, 2}), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range again.Images {
		if img != all.Images[i] {
			t.Errorf("photo %d differs when fewer are made", i)
		}
	}
}

// BenchmarkPhotos measures the scenes as notebook 10 does, with 20 items.
func BenchmarkPhotos(b *testing.B) {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		b.Fatal(err)
	}
	set.Images, set.Labels = set.Images[:20], set.Labels[:20]
	for b.Loop() {
		for _, s := range scene.Scenes() {
			if _, _, err := s.Photos(set, 1); err != nil {
				b.Fatal(err)
			}
		}
	}
}
