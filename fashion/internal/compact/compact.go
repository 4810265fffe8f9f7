// Package compact rounds rows of probabilities to what a compressed file keeps in a fifth of their space: whole units of 2^-16.
package compact

import (
	"fmt"
	"math"

	"fashionlab/fashion/internal/npz"
)

// MaxClasses bounds what the half units of improbable classes take from the most probable one.
const MaxClasses = 16

const unit = 1.0 / (1 << 16)

// Rows are rows of probabilities.
type Rows struct {
	Best  []uint8  // [n], the most probable class; the first of equals
	Units []uint16 // [n, classes], row after row: the probability of the other classes in units of 2^-16, where 0 stands for half a unit. The most probable class has the rest.
}

// Of rounds rows of up to MaxClasses probabilities that sum to 1. The others' are rounded down, so that the most probable class stays the most probable where the sum is 1 within 2^-17.
func Of(rows [][]float32) Rows {
	var r Rows
	for _, row := range rows {
		best := 0
		for class, v := range row {
			if v > row[best] {
				best = class
			}
		}
		most := float64(row[best]) - float64(len(row))/2*unit // the largest loses less to the others
		for class, v := range row {
			units := uint16(0)
			if class != best {
				units = uint16(max(0, math.Floor(min(float64(v), most)/unit)))
			}
			r.Units = append(r.Units, units)
		}
		r.Best = append(r.Best, uint8(best))
	}
	return r
}

// Arrays are the arrays of a file: best uint8 [n] and units uint16 [n, classes].
func (r Rows) Arrays(classes int) []npz.Array {
	n := len(r.Best)
	return []npz.Array{
		{Name: "best", DType: "|u1", Shape: fmt.Sprintf("(%d,)", n), Data: r.Best},
		{Name: "units", DType: "<u2", Shape: fmt.Sprintf("(%d, %d)", n, classes), Data: r.Units},
	}
}

// Shape returns the rows and classes of a file's arrays, at most so many rows. The error of a file without them wraps fs.ErrNotExist.
func Shape(file npz.File, maxRows int) ([]int, error) {
	return file.Shape("units", maxRows, MaxClasses)
}

// Read sets values, [n, classes], row after row, to a file's probabilities, which sum to 1.
func Read(file npz.File, values []float32, n, classes int) error {
	r := Rows{Best: make([]uint8, n), Units: make([]uint16, n*classes)}
	for _, a := range r.Arrays(classes) {
		if err := file.Read(a); err != nil {
			return err
		}
	}
	return r.fill(values, classes)
}

func (r Rows) fill(values []float32, classes int) error {
	for i, best := range r.Best {
		if int(best) >= classes {
			return fmt.Errorf("the most probable class of row %d is %d, want 0 to %d", i, best, classes-1)
		}
		rest := 1.0
		row := values[i*classes : (i+1)*classes]
		for class, units := range r.Units[i*classes : (i+1)*classes] {
			if class != int(best) {
				p := max(unit/2, unit*float64(units))
				row[class] = float32(p)
				rest -= p
			}
		}
		row[best] = float32(rest)
	}
	return nil
}
