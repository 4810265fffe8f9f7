package fidelity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// alikeRows is the number of features that are compared with the others at once.
const alikeRows = 1000

// Alike is how familiar each of some features is beside others: the cosine of its angle to the k-th nearest of them, 1 for the same direction.
func Alike(features, others [][]float32, k int) ([]float64, error) {
	if k < 1 || k > len(others) {
		return nil, fmt.Errorf("the %d-th nearest of %d features, want one of them", k, len(others))
	}
	to, err := directions(others)
	if err != nil {
		return nil, err
	}
	list := make([]float64, 0, len(features))
	for rows := range slices.Chunk(features, alikeRows) {
		from, err := directions(rows)
		if err != nil {
			return nil, err
		}
		if _, width := from.Dims(); width != to.RawMatrix().Cols {
			return nil, fmt.Errorf("features of %d numbers beside others of %d", width, to.RawMatrix().Cols)
		}
		var cosines mat.Dense
		cosines.Mul(from, to.T())
		for i := range rows {
			row := cosines.RawRowView(i)
			slices.Sort(row)
			list = append(list, row[len(row)-k])
		}
	}
	return list, nil
}

// directions are features, each of length 1.
func directions(features [][]float32) (*mat.Dense, error) {
	x, err := matrix(features)
	if err != nil {
		return nil, err
	}
	for i := range features {
		row := x.RawRowView(i)
		length := math.Sqrt(mat.Dot(mat.NewVecDense(len(row), row), mat.NewVecDense(len(row), row)))
		if length == 0 {
			return nil, fmt.Errorf("feature %d is all 0 and has no direction", i)
		}
		for j := range row {
			row[j] /= length
		}
	}
	return x, nil
}
