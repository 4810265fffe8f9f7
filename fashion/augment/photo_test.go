package augment_test

import (
	"math"
	"reflect"
	"testing"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// blurred is the definition of the blur, on one image of a channel: a weighted mean over all pixels.
func blurred(image []float32, height, width int, deviation float64) []float64 {
	out := make([]float64, len(image))
	weight := func(distance int) float64 {
		if deviation == 0 {
			return map[bool]float64{true: 1}[distance == 0]
		}
		return math.Exp(-float64(distance*distance) / (2 * deviation * deviation))
	}
	for y := range height {
		for x := range width {
			total := 0.0
			for v := range height {
				for u := range width {
					w := weight(v-y) * weight(u-x)
					out[y*width+x] += w * float64(image[v*width+u])
					total += w
				}
			}
			out[y*width+x] /= total
		}
	}
	return out
}

func TestBlurIsTheMeanWeightedByANormalDensity(t *testing.T) {
	a := recipes.Augmentation{Blur: recipes.Range{High: 3}}
	const height, width = 9, 7
	var parameters []augment.Parameters
	deviations := []float64{0, 0.5, 1, 3}
	for _, deviation := range deviations {
		parameters = append(parameters, augment.Parameters{Blur: deviation})
	}
	images := make([]float32, len(deviations)*height*width)
	for i := range images {
		images[i] = float32(i*i%97) / 97
	}
	got := apply(t, a, images, []int{len(deviations), height, width, 1}, parameters)
	for k, deviation := range deviations {
		one := images[k*height*width:][:height*width]
		for i, want := range blurred(one, height, width, deviation) {
			if v := got[k*height*width+i]; math.Abs(float64(v)-want) > 1e-5 {
				t.Fatalf("with %v the pixel %d is %v, want %v", deviation, i, v, want)
			}
		}
	}
}

func TestNoiseIsThatOfBoxAndMullerFromTheImagesSeed(t *testing.T) {
	a := recipes.Augmentation{Noise: recipes.Range{High: 0.2}}
	const n = 28 * 28
	images := make([]float32, 3*n)
	for i := range images {
		images[i] = 0.5
	}
	parameters := []augment.Parameters{{Noise: 0.1, NoiseSeed: 1}, {Noise: 0.1, NoiseSeed: 65535}, {NoiseSeed: 3}}
	got := apply(t, a, images, []int{3, 28, 28, 1}, parameters)
	uniform := func(seed uint32, pixel int) float64 {
		return float64(layers.MixHost(uint32(pixel)+layers.MixHost(seed))>>8) / (1 << 24)
	}
	for k, p := range parameters {
		for i, v := range got[k*n:][:n] {
			radius, angle := math.Sqrt(-2*math.Log(1-uniform(uint32(p.NoiseSeed), i))), 2*math.Pi*uniform(uint32(p.NoiseSeed)+1<<16, i)
			want := min(1, max(0, 0.5+p.Noise*radius*math.Cos(angle)))
			if math.Abs(float64(v)-want) > 1e-5 {
				t.Fatalf("pixel %d of image %d is %v, want %v", i, k, v, want)
			}
		}
	}
	both, squares := 0.0, 0.0
	for i := range n {
		x, y := float64(got[i])-0.5, float64(got[n+i])-0.5
		both, squares = both+x*y, squares+x*x
	}
	if deviation := math.Sqrt(squares / n); math.Abs(deviation-0.1) > 0.01 || math.Abs(both/squares) > 4/math.Sqrt(n) {
		t.Errorf("the standard deviation is %v, want 0.1; the correlation with another image's noise %v, want 0", deviation, both/squares)
	}
}

// A recipe without blur and noise draws and computes what it did before there were any.
func TestBlurAndNoiseChangeNoOtherTransformsParameters(t *testing.T) {
	without := everything
	without.Blur, without.Noise = recipes.Range{}, recipes.Range{}
	for index := range 20 {
		got, want := augment.Draw(everything, 4, 2, index), augment.Draw(without, 4, 2, index)
		if got.Noise == 0 || got.Blur == 0 {
			t.Errorf("image %d draws the blur %v and the noise %v", index, got.Blur, got.Noise)
		}
		got.Blur, got.Noise, got.NoiseSeed = 0, 0, 0
		if !reflect.DeepEqual(got, want) {
			t.Errorf("image %d: %+v, want %+v", index, got, want)
		}
	}
	if got := augment.EncodedSize(everything) - augment.EncodedSize(without); got != 3 {
		t.Errorf("blur and noise have %d values in a row, want 3", got)
	}
}
