// Package compact rounds rows of probabilities to bytes, which a compressed file keeps in a sixth of their space: 255 times the fourth root of a probability.
// Large ones are off by up to about 0.01, those of 10^-4 by a tenth or so. So the mean loss stays, also of a model that is sure and wrong.
package compact

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"fashionlab/fashion/internal/npz"
)

// MaxClasses bounds the classes of a row.
const MaxClasses = 256

// rest is the byte of a row's most probable class, which has what the others leave. They are at most 0.5, so that none reaches it.
const rest = 255

// probability is that of each byte. 0 stands for a half, since a classifier rules no class out.
var probability = func() (p [rest]float64) {
	for code := range p {
		p[code] = math.Pow(max(float64(code), 0.5)/rest, 4)
	}
	return p
}()

// Of rounds rows of up to MaxClasses probabilities that sum to 1, row after row. The most probable class, the first of equals, stays the most probable.
func Of(rows [][]float32) []uint8 {
	var codes []uint8
	for _, row := range rows {
		codes = append(codes, round(row)...)
	}
	return codes
}

// round hands the error of each class to the next larger one. So that of the most probable class is not a sum of many.
func round(row []float32) []uint8 {
	classes := make([]int, len(row))
	for i := range classes {
		classes[i] = len(row) - 1 - i // of equals, the first comes last
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(row[a], row[b]) })
	best, others := classes[len(row)-1], classes[:len(row)-1]

	codes, left, carried := make([]uint8, len(row)), 1.0, 0.0
	codes[best] = rest
	for _, class := range others {
		want := float64(row[class]) + carried
		codes[class] = uint8(math.Round(rest * math.Sqrt(math.Sqrt(max(want, 0)))))
		carried = want - probability[codes[class]]
		left -= probability[codes[class]]
	}
	for _, class := range slices.Backward(others) {
		for codes[class] > 0 && left < probability[codes[class]+1] { // nearly equal ones
			left += probability[codes[class]] - probability[codes[class]-1]
			codes[class]--
		}
	}
	return codes
}

// Array is the array of a file, of n rows.
func Array(codes []uint8, n, classes int) npz.Array {
	return npz.Array{Name: "roots", DType: "|u1", Shape: []int{n, classes}, Data: codes}
}

// Shape returns the rows and classes of a file's array, at most so many rows. The error of a file without one wraps fs.ErrNotExist.
func Shape(file npz.File, maxRows int) ([]int, error) {
	shape, err := file.Shape("roots", maxRows, MaxClasses)
	if errors.Is(err, fs.ErrNotExist) {
		return file.Shape("units", maxRows, MaxClasses)
	}
	return shape, err
}

// Read sets values, [n, classes], row after row, to a file's probabilities, which sum to 1.
func Read(file npz.File, values []float32, n, classes int) error {
	codes := make([]uint8, n*classes)
	err := file.Read(Array(codes, n, classes))
	if errors.Is(err, fs.ErrNotExist) {
		return readUnits(file, values, n, classes)
	}
	if err != nil {
		return err
	}
	return fill(values, codes, classes)
}

func fill(values []float32, codes []uint8, classes int) error {
	for i := range len(codes) / classes {
		row, codes := values[i*classes:(i+1)*classes], codes[i*classes:(i+1)*classes]
		best, left := slices.Index(codes, rest), 1.0
		for class, code := range codes {
			if code != rest {
				row[class] = float32(probability[code])
				left -= probability[code]
			} else if class != best {
				return fmt.Errorf("row %d has two classes, %d and %d, with the rest, want one", i, best, class)
			}
		}
		if best < 0 {
			return fmt.Errorf("row %d has no class with the rest, want one", i)
		}
		row[best] = float32(left)
	}
	return nil
}
