package scene

import (
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/internal/raster"
)

func TestBlurIsAWeightedMeanAcrossAndThenDown(t *testing.T) {
	const side, channels = 20, 3
	r := rand.New(rand.NewPCG(1, 0))
	pix := make([]uint8, side*side*channels)
	for i := range pix {
		pix[i] = uint8(r.IntN(256))
	}
	for _, deviation := range []float64{0.3, 1, 2.5, 8} {
		weights, sum := raster.Gaussian(deviation)
		pass := func(from []uint8, across, down int) []uint8 {
			to := make([]uint8, len(from))
			inside := func(i int) int { return min(max(i, 0), side-1) }
			for i := range from {
				c, x, y := i%channels, i/channels%side, i/channels/side
				v := 0.0
				for k, w := range weights {
					d := k - len(weights)/2
					v += w * float64(from[(inside(y+down*d)*side+inside(x+across*d))*channels+c])
				}
				to[i] = raster.Level(v / sum)
			}
			return to
		}
		if got, want := blur(pix, channels, deviation), pass(pass(pix, 1, 0), 0, 1); string(got) != string(want) {
			t.Errorf("a deviation of %v: the pixels are not those of the weighted mean", deviation)
		}
	}
}
