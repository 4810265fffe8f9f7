package compact

import (
	"fmt"

	"fashionlab/fashion/internal/npz"
)

// readUnits reads the files of earlier versions: best uint8 [n], the most probable class, and units uint16 [n, classes], the probabilities of the others in units of 2^-16, where 0 stands for a half.
func readUnits(file npz.File, values []float32, n, classes int) error {
	best, units := make([]uint8, n), make([]uint16, n*classes)
	for _, a := range []npz.Array{
		{Name: "best", DType: "|u1", Shape: []int{n}, Data: best},
		{Name: "units", DType: "<u2", Shape: []int{n, classes}, Data: units},
	} {
		if err := file.Read(a); err != nil {
			return err
		}
	}
	for i, best := range best {
		if int(best) >= classes {
			return fmt.Errorf("the most probable class of row %d is %d, want 0 to %d", i, best, classes-1)
		}
		left := 1.0
		for class := range classes {
			if class != int(best) {
				p := max(0.5, float64(units[i*classes+class])) / (1 << 16)
				values[i*classes+class] = float32(p)
				left -= p
			}
		}
		values[i*classes+int(best)] = float32(left)
	}
	return nil
}
