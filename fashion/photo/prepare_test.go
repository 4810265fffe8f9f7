package photo_test

import (
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
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
	var sa, sb, saa, sbb, sab float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	const n = fashion.Pixels
	return (sab - sa*sb/n) / math.Sqrt((saa-sa*sa/n)*(sbb-sb*sb/n))
}

// Prepare must recover an item that fills the image, as most do, from its photo.
func TestPreparedPhotoIsLikeTheItem(t *testing.T) {
	set, r := items(t), rand.New(rand.NewPCG(1, 0))
	// A dark garment on a dark background hardly differs from it.
	minimum := map[string]float64{"white background": 0.88, "light, coloured background": 0.86, "dark background": 0.6, "shaded background": 0.86, "textured background": 0.83,
		"small and off-centre": 0.87, "noise and strong compression": 0.87}
	for _, scene := range photo.Scenes() {
		want, tested := minimum[scene.Name]
		if !tested {
			continue // rotated items differ from the upright ones
		}
		sum := 0.0
		const n = 60
		for i := range n {
			img, err := scene.Render(set.Images[i], r)
			if err != nil {
				t.Fatal(err)
			}
			p, err := photo.Prepare(img)
			if err != nil {
				t.Errorf("%s, item %d: %v", scene.Name, i, err)
				continue
			}
			sum += correlation(p.Image, set.Images[i])
		}
		t.Logf("%s: %.3f", scene.Name, sum/n)
		if sum/n < want {
			t.Errorf("%s: the mean correlation with the items is %.3f, want %.2f", scene.Name, sum/n, want)
		}
	}
}

func TestStepsOfAPreparationAreShown(t *testing.T) {
	img, err := photo.Scenes()[0].Render(items(t).Images[0], rand.New(rand.NewPCG(1, 0)))
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
	for _, scene := range []photo.Scene{photo.Scenes()[0], photo.Scenes()[4]} {
		img, err := scene.Render(set.Images[0], rand.New(rand.NewPCG(1, 0)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(scene.Background, func(b *testing.B) {
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
	scene := photo.Scenes()[8]
	all, missed, err := scene.Photos(set, 1)
	if err != nil || missed != 0 {
		t.Fatalf("%d missed (%v)", missed, err)
	}
	again, _, err := scene.Photos(set.Take([]int{0, 1, 2}), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range again.Images {
		if img != all.Images[i] {
			t.Errorf("photo %d differs when fewer are made", i)
		}
	}
}

// BenchmarkPhotos measures the scenes as notebook 9 does, with 20 items.
func BenchmarkPhotos(b *testing.B) {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		b.Fatal(err)
	}
	set.Images, set.Labels = set.Images[:20], set.Labels[:20]
	for b.Loop() {
		for _, s := range photo.Scenes() {
			if _, _, err := s.Photos(set, 1); err != nil {
				b.Fatal(err)
			}
		}
	}
}
