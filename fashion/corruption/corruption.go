// Package corruption damages images of the data set as photography and handling do, so that a network's robustness can be measured: six kinds of corruption, each at five
// strengths, in the manner of Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations" (2019), adapted to grey images of
// 28x28 pixels. No network is trained on them.
//
// The strengths were fixed before any network was measured. Those of noise are that paper's for ImageNet, those of contrast its for CIFAR-10; the others
// end where a person begins to doubt what an image shows.
package corruption

import (
	"math"
	"math/rand/v2"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
)

// Levels is the number of strengths of a corruption.
const Levels = 5

// Seed is the seed of the draws in all measurements, so that every network sees the same images.
const Seed = 1

// Corruption is one kind.
type Corruption struct {
	Name      string
	Unit      string          // of the strengths, as in "20 degrees"
	Strengths [Levels]float64 // from the mildest to the severest
	apply     func(f raster.Field, strength float64, r *rand.Rand) raster.Field
}

// All lists the corruptions. Black is what a corruption moves into an image.
func All() []Corruption {
	return []Corruption{
		{"rotation", "degrees", [Levels]float64{5, 10, 15, 20, 30}, rotateEitherWay},                    // about the centre, to either side, bilinear
		{"shift", "pixels", [Levels]float64{1, 2, 3, 4, 6}, shiftAnyWay},                                // up, down, left or right
		{"occlusion", "pixels", [Levels]float64{4, 7, 10, 13, 16}, occlude},                             // side of a grey square anywhere within the image
		{"noise", "standard deviation", [Levels]float64{0.08, 0.12, 0.18, 0.26, 0.38}, addNoise},        // of grey values from 0 to 1
		{"contrast", "of the contrast kept", [Levels]float64{0.75, 0.5, 0.4, 0.3, 0.15}, lowerContrast}, // factor of the deviations from the image's mean
		{"blur", "pixels", [Levels]float64{0.5, 0.75, 1, 1.5, 2}, blur},                                 // standard deviation of a Gaussian
	}
}

// Apply corrupts an image. A level is 1 for the mildest to Levels; 0 returns the image as it is. What is random, such as the direction of a shift or the noise of each pixel,
// depends on the seed, the corruption and the index alone: it is the same at every level. The index is the image's position in its file.
func (c Corruption) Apply(image fashion.Image, level int, seed uint64, index int) (corrupted fashion.Image) {
	if level == 0 {
		return image
	}
	f := raster.New(fashion.Side, fashion.Side)
	for i, v := range image {
		f.Values[i] = float64(v)
	}
	stream := uint64(index)
	for _, b := range []byte(c.Name) {
		stream = stream*257 + uint64(b)
	}
	for i, v := range c.apply(f, c.Strengths[level-1], rand.New(rand.NewPCG(seed, stream))).Values {
		corrupted[i] = raster.Level(v)
	}
	return corrupted
}

// Set corrupts the images of a set, whose positions in their file are given, one for each. It panics if they are not of the shape of Fashion-MNIST.
func (c Corruption) Set(s fashion.Set, indices []int32, level int, seed uint64) fashion.Set {
	s.WantImages("Corruption.Set")
	corrupted := fashion.Set{Images: make([]fashion.Image, s.Len()), Labels: s.Labels}
	for i, image := range s.Images {
		corrupted.Images[i] = c.Apply(image, level, seed, int(indices[i]))
	}
	return corrupted
}

// rotateEitherWay rotates by so many degrees, clockwise or counter-clockwise.
func rotateEitherWay(f raster.Field, degrees float64, r *rand.Rand) raster.Field {
	if r.IntN(2) == 1 {
		degrees = -degrees
	}
	return rotate(f, degrees)
}

// rotate rotates counter-clockwise by so many degrees. A pixel's value is interpolated linearly from the four nearest to where it comes from.
func rotate(f raster.Field, degrees float64) raster.Field {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	out := raster.New(f.Width, f.Height)
	cx, cy := float64(f.Width-1)/2, float64(f.Height-1)/2
	for i := range out.Values {
		x, y := float64(i%f.Width)-cx, float64(i/f.Width)-cy
		out.Values[i] = interpolate(f, cx+cos*x-sin*y, cy+sin*x+cos*y)
	}
	return out
}

// interpolate is the value at a position between pixels.
func interpolate(f raster.Field, x, y float64) float64 {
	left, top := math.Floor(x), math.Floor(y)
	dx, dy := x-left, y-top
	i, j := int(left), int(top)
	return (1-dy)*((1-dx)*within(f, i, j)+dx*within(f, i+1, j)) + dy*((1-dx)*within(f, i, j+1)+dx*within(f, i+1, j+1))
}

// within is the value of a pixel, black outside the image.
func within(f raster.Field, x, y int) float64 {
	if x < 0 || y < 0 || x >= f.Width || y >= f.Height {
		return 0
	}
	return f.At(x, y)
}

// shiftAnyWay moves the image by so many pixels up, down, left or right.
func shiftAnyWay(f raster.Field, pixels float64, r *rand.Rand) raster.Field {
	n := int(pixels)
	way := [4][2]int{{0, -n}, {0, n}, {-n, 0}, {n, 0}}[r.IntN(4)]
	return shift(f, way[0], way[1])
}

// shift moves the image to the right and down.
func shift(f raster.Field, right, down int) raster.Field {
	out := raster.New(f.Width, f.Height)
	for i := range out.Values {
		out.Values[i] = within(f, i%f.Width-right, i/f.Width-down)
	}
	return out
}

// occlude covers a square. It is grey, not black: black squares are what cutout trains with.
func occlude(f raster.Field, side float64, r *rand.Rand) raster.Field {
	n := int(side)
	left, top := int(r.Float64()*float64(f.Width-n+1)), int(r.Float64()*float64(f.Height-n+1))
	for y := top; y < top+n; y++ {
		for x := left; x < left+n; x++ {
			f.Values[y*f.Width+x] = 128
		}
	}
	return f
}

// addNoise adds independent Gaussian noise to each pixel.
func addNoise(f raster.Field, deviation float64, r *rand.Rand) raster.Field {
	for i := range f.Values {
		f.Values[i] += 255 * deviation * r.NormFloat64()
	}
	return f
}

// lowerContrast multiplies the deviations from the mean of the image.
func lowerContrast(f raster.Field, factor float64, _ *rand.Rand) raster.Field {
	mean := 0.0
	for _, v := range f.Values {
		mean += v / float64(len(f.Values))
	}
	for i, v := range f.Values {
		f.Values[i] = mean + factor*(v-mean)
	}
	return f
}

// blur smooths with a Gaussian, cut off beyond three standard deviations; outside the image is black.
func blur(f raster.Field, deviation float64, _ *rand.Rand) raster.Field {
	weights, sum := raster.Gaussian(deviation)
	radius := len(weights) / 2
	smooth := func(f raster.Field, across, down int) raster.Field {
		out := raster.New(f.Width, f.Height)
		for i := range out.Values {
			for k, w := range weights {
				out.Values[i] += w / sum * within(f, i%f.Width+across*(k-radius), i/f.Width+down*(k-radius))
			}
		}
		return out
	}
	return smooth(smooth(f, 1, 0), 0, 1)
}
