package infer

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Probe has the backend compute a convolution and compares that with the host's. It is for a process of its own: a plugin or a driver that does not work may end the process.
func Probe() error {
	backend, err := Backend()
	if err != nil {
		return err
	}
	const side, channels, filters = 8, 4, 8
	image, kernel := waves(side*side*channels, 0.7), waves(3*3*channels*filters, 1.3)
	out, err := CallOnce(backend, func(x, k *Node) *Node {
		return Convolve(x, k).PadSame().Done()
	}, tensors.FromFlatDataAndDimensions(image, 1, side, side, channels), tensors.FromFlatDataAndDimensions(kernel, 3, 3, channels, filters))
	if err != nil {
		return fmt.Errorf("a convolution: %w", err)
	}
	got, err := tensors.CopyFlatData[float32](out)
	if err != nil {
		return err
	}
	for i, v := range got {
		row, column, filter := i/filters/side, i/filters%side, i%filters
		want := 0.0
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				y, x := row+dy, column+dx
				if y < 0 || y >= side || x < 0 || x >= side {
					continue
				}
				for c := range channels {
					want += float64(image[(y*side+x)*channels+c]) * float64(kernel[(((dy+1)*3+dx+1)*channels+c)*filters+filter])
				}
			}
		}
		if !(math.Abs(float64(v)-want) < 0.02) { // TF32 has ten bits
			return fmt.Errorf("a convolution gives %v at row %d, column %d, filter %d, want %v: the backend computes wrongly", v, row, column, filter, want)
		}
	}
	return nil
}

// waves are values from -1 to 1.
func waves(n int, frequency float64) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(math.Sin(float64(i) * frequency))
	}
	return list
}
