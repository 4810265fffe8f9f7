package augment

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// drawPhoto draws the blur and the noise. Their random stream is not that of Draw, so that whatever else an augmentation contains draws the same with and without them. It begins with the same numbers
// as the crop's, see drawPixels, as in all runs so far.
func (p *Parameters) drawPhoto(seed uint64, epoch, index int, a recipes.Augmentation) {
	if a.Blur == (recipes.Range{}) && a.Noise == (recipes.Range{}) {
		return
	}
	r := rand.New(rand.NewPCG(seed, 1<<63|uint64(epoch)<<32|uint64(index)))
	p.Blur, p.Noise, p.NoiseSeed = uniform(r, a.Blur), uniform(r, a.Noise), uint16(r.Uint32())
}

const noiseColumns = 2

func (p Parameters) appendNoise(row []float32, _, _ float64) []float32 {
	return append(row, float32(p.Noise), float32(p.NoiseSeed))
}

// addNoise adds independent Gaussian noise to each pixel of the images [B, H, W, C]. values are [B, 2]: the standard deviation, and the seed, an integer below 1<<16. Two uniform
// values become a normal one by the transform of Box and Muller ("A Note on the Generation of Random Normal Deviates", 1958).
func addNoise(images, values *Node) *Node {
	deviation, seed := perImage(Slice(values, AxisRange(), AxisElem(0))), perImage(Slice(values, AxisRange(), AxisElem(1)))
	radius := Sqrt(MulScalar(Log(OneMinus(uniformNoise(images, seed))), -2)) // of 1 - u, which is never 0
	angle := MulScalar(uniformNoise(images, AddScalar(seed, 1<<16)), 2*math.Pi)
	return clip(Add(images, Mul(deviation, Mul(radius, Cos(angle)))))
}

// uniformNoise returns values uniform in [0, 1) for each pixel of images, [B, H, W, C], from each image's seed, [B, 1, 1, 1].
func uniformNoise(images, seeds *Node) *Node {
	d := images.Shape().Dimensions
	pixel := Reshape(Iota(images.Graph(), shapes.Make(dtypes.Uint32, d[1]*d[2]*d[3]), 0), 1, d[1], d[2], d[3])
	bits := layers.Mix(Add(pixel, layers.Mix(ConvertDType(seeds, dtypes.Uint32))))
	return MulScalar(ConvertDType(BitwiseShiftRightLogicalScalar(bits, uint32(8)), images.DType()), 1.0/(1<<24))
}
