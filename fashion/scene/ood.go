package scene

import (
	_ "embed"
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
)

//go:embed digits/digits.bin
var digits []byte // 8x8 grey values of 0 to 16 each

// Digits returns out-of-distribution images: 300 handwritten digits, light on black, enlarged from 8x8 pixels (Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, CC BY 4.0).
func Digits() []fashion.Image {
	const side = 8
	var images []fashion.Image
	for len(images) < len(digits)/(side*side) {
		small, large := image.NewGray(image.Rect(0, 0, side, side)), image.NewGray(image.Rect(0, 0, fashion.Side, fashion.Side))
		for k, v := range digits[side*side*len(images):][:side*side] {
			small.Pix[k] = raster.Level(float64(v) * 255 / 16)
		}
		draw.CatmullRom.Scale(large, large.Rect, small, small.Rect, draw.Src, nil)
		images = append(images, fashion.Image(large.Pix))
	}
	return images
}

// Noise returns n out-of-distribution images whose pixels are drawn uniformly from 0 to 255.
func Noise(n int, seed uint64) []fashion.Image {
	r, images := rand.New(rand.NewPCG(seed, 0)), make([]fashion.Image, n)
	for i := range images {
		for k := range images[i] {
			images[i][k] = uint8(r.IntN(256))
		}
	}
	return images
}

// Textures returns n out-of-distribution images, each the sum of three waves with random directions and wavelengths of 3 to 20 pixels.
func Textures(n int, seed uint64) []fashion.Image {
	r, images := rand.New(rand.NewPCG(seed, 0)), make([]fashion.Image, n)
	for i := range images {
		var waves [3][3]float64
		for k := range waves {
			length, direction := 3+17*r.Float64(), 2*math.Pi*r.Float64()
			waves[k] = [3]float64{2 * math.Pi / length * math.Cos(direction), 2 * math.Pi / length * math.Sin(direction), 2 * math.Pi * r.Float64()}
		}
		for k := range images[i] {
			v := 0.0
			for _, w := range waves {
				v += math.Sin(w[0]*float64(k%fashion.Side) + w[1]*float64(k/fashion.Side) + w[2])
			}
			images[i][k] = raster.Level(127.5 * (1 + v/3))
		}
	}
	return images
}
