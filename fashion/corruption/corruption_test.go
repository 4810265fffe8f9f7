package corruption

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
)

func items(t testing.TB) fashion.Set {
	t.Helper()
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func field(image fashion.Image) raster.Field {
	f := raster.New(fashion.Side, fashion.Side)
	for i, v := range image {
		f.Values[i] = float64(v)
	}
	return f
}

func TestCorruptionsAreThoseOfSciPy(t *testing.T) {
	data, err := os.ReadFile("../../testdata/corruption/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Cases []struct {
			Name     string
			Strength float64
			Image    int
			Values   []float64
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	corrupt := map[string]func(raster.Field, float64) raster.Field{
		"rotation": rotate,
		"shift":    func(f raster.Field, pixels float64) raster.Field { return shift(f, int(pixels), 0) },
		"contrast": func(f raster.Field, factor float64) raster.Field { return lowerContrast(f, factor, nil) },
		"blur":     func(f raster.Field, deviation float64) raster.Field { return blur(f, deviation, nil) },
	}
	if len(recorded.Cases) == 0 {
		t.Fatal("there are no recorded cases")
	}
	s := items(t)
	for _, c := range recorded.Cases {
		got := corrupt[c.Name](field(s.Images[c.Image]), c.Strength)
		for i, want := range c.Values {
			if math.Abs(got.Values[i]-want) > 0.006 { // recorded to two decimals
				t.Errorf("%s of %v, image %d: pixel %d is %v, want %v", c.Name, c.Strength, c.Image, i, got.Values[i], want)
				break
			}
		}
	}
}

func TestNoiseHasItsStandardDeviation(t *testing.T) {
	f := raster.New(500, 500)
	squares := 0.0
	for _, v := range addNoise(f, 0.1, rand.New(rand.NewPCG(1, 2))).Values {
		squares += v * v
	}
	if got := math.Sqrt(squares/250000) / 255; math.Abs(got-0.1) > 0.001 {
		t.Errorf("the standard deviation is %v, want 0.1", got)
	}
}

func TestOcclusionIsAGreySquareWithinTheImageAtAnyPlace(t *testing.T) {
	const side = 10
	edges := [4]bool{}
	for seed := range uint64(500) {
		f := occlude(raster.New(fashion.Side, fashion.Side), side, rand.New(rand.NewPCG(seed, 0)))
		box, _ := f.Box()
		covered := 0
		for _, v := range f.Values {
			if v == 128 {
				covered++
			}
		}
		if box.Dx() != side || box.Dy() != side || covered != side*side {
			t.Fatalf("seed %d: %v with %d grey pixels, want %d in a square", seed, box, covered, side*side)
		}
		for i, at := range []bool{box.Min.X == 0, box.Min.Y == 0, box.Max.X == fashion.Side, box.Max.Y == fashion.Side} {
			edges[i] = edges[i] || at
		}
	}
	if edges != [4]bool{true, true, true, true} {
		t.Errorf("the square touches the left, upper, right and lower edge: %v, want each at times", edges)
	}
}

func TestDrawsDependOnTheSeedTheCorruptionAndTheIndexAlone(t *testing.T) {
	s := items(t)
	for _, c := range All() {
		image := s.Images[0]
		if c.Apply(image, 0, Seed, 7) != image {
			t.Errorf("%s changes an image at level 0", c.Name)
		}
		if first, second := c.Apply(image, 3, Seed, 7), c.Apply(image, 3, Seed, 7); first != second {
			t.Errorf("%s gives two images", c.Name)
		}
		if drawn := c.Name != "contrast" && c.Name != "blur"; drawn != differs(c, image) {
			t.Errorf("%s differs between indices: %v, want %v", c.Name, !drawn, drawn)
		}
	}
	set := All()[0].Set(s.Take([]int{3, 5}), []int32{3, 5}, 2, Seed)
	if set.Images[1] != All()[0].Apply(s.Images[5], 2, Seed, 5) || set.Labels[1] != s.Labels[5] {
		t.Error("a set is not corrupted image by image")
	}
}

// differs reports whether some index gives another image.
func differs(c Corruption, image fashion.Image) bool {
	for i := range 20 {
		if c.Apply(image, 3, Seed, i) != c.Apply(image, 3, Seed, 20) {
			return true
		}
	}
	return false
}

func TestEachLevelChangesAnImageMoreThanTheOneBefore(t *testing.T) {
	s := items(t)
	for _, c := range All() {
		before := 0.0
		for level := 1; level <= Levels; level++ {
			sum := 0.0
			for i, image := range s.Images[:200] {
				for p, v := range c.Apply(image, level, Seed, i) {
					sum += math.Abs(float64(v) - float64(image[p]))
				}
			}
			if sum <= before {
				t.Errorf("%s: level %d changes the images by %v, level %d by %v", c.Name, level, sum, level-1, before)
			}
			before = sum
		}
	}
}

func ExampleCorruption_Apply() {
	var image fashion.Image
	image[14*fashion.Side+14] = 200
	for _, c := range All() {
		if c.Name == "blur" {
			blurred := c.Apply(image, 3, Seed, 0)
			fmt.Println(c.Strengths[2], c.Unit, blurred[14*fashion.Side+13:14*fashion.Side+16])
		}
	}
	// Output: 1 pixels [19 32 19]
}

func TestCorruptionOfASetOfAnotherShapePanics(t *testing.T) {
	defer func() {
		if said, _ := recover().(string); said != "Corruption.Set is for grey images of 28x28 pixels, and the set has colour images of 28x28 pixels" {
			t.Errorf("it says %q", said)
		}
	}()
	colour := fashion.Set{Shape: fashion.Shape{Channels: 3}}
	colour.Append(nil, 1)
	All()[0].Set(colour, []int32{0}, 1, 1)
}
