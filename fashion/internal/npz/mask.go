package npz

import "fmt"

// maxPositions bounds what a corrupt mask can make us allocate.
const maxPositions = 1 << 26

// Mask is an array of Booleans that are true at the given positions, which ascend: a tenth of the positions' own size in a file, and numpy.flatnonzero gives them back.
func Mask(name string, positions []int32) Array {
	mask := []bool{}
	if n := len(positions); n > 0 {
		mask = make([]bool, positions[n-1]+1)
	}
	for _, position := range positions {
		mask[position] = true
	}
	return maskArray(name, mask)
}

func maskArray(name string, mask []bool) Array {
	return Array{Name: name, DType: "|b1", Shape: []int{len(mask)}, Data: mask}
}

// Mask returns the n positions of which Mask made an array. The error of a file without the array wraps fs.ErrNotExist.
func (f File) Mask(name string, n int) ([]int32, error) {
	shape, err := f.Shape(name, maxPositions)
	if err != nil {
		return nil, err
	}
	mask := make([]bool, shape[0])
	if err := f.Read(maskArray(name, mask)); err != nil {
		return nil, err
	}
	positions := make([]int32, 0, n)
	for i, marked := range mask {
		if marked {
			positions = append(positions, int32(i))
		}
	}
	if len(positions) != n {
		return nil, fmt.Errorf("array %s marks %d positions, want %d", name, len(positions), n)
	}
	return positions, nil
}
