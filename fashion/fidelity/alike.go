package fidelity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// alikeRows is the number of features that are compared with the others at once.
const alikeRows = 1000

// Alike is how familiar each of some features is beside others: the cosine of its angle to the k-th nearest of them, 1 for the same direction.
func Alike(features, others [][]float32, k int) ([]float64, error) {
	list := make([]float64, 0, len(features))
	err := compare(features, others, k, func(cosines []float64) {
		slices.Sort(cosines)
		list = append(list, cosines[len(cosines)-k])
	})
	return list, err
}

// Nearest lists, for each of some features, the positions of the k others of the smallest angle to it, the nearest first.
func Nearest(features, others [][]float32, k int) ([][]int, error) {
	list, order := make([][]int, 0, len(features)), make([]int, len(others))
	err := compare(features, others, k, func(cosines []float64) {
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(cosines[b], cosines[a]), cmp.Compare(a, b)) })
		list = append(list, slices.Clone(order[:k]))
	})
	return list, err
}

// compare hands on the cosines of each feature's angle to all others, of which there must be k.
func compare(features, others [][]float32, k int, take func(cosines []float64)) error {
	if k < 1 || k > len(others) {
		return fmt.Errorf("the %d-th nearest of %d features, want one of them", k, len(others))
	}
	to, err := directions(others)
	if err != nil {
		return err
	}
	for rows := range slices.Chunk(features, alikeRows) {
		from, err := directions(rows)
		if err != nil {
			return err
		}
		if _, width := from.Dims(); width != to.RawMatrix().Cols {
			return fmt.Errorf("features of %d numbers beside others of %d", width, to.RawMatrix().Cols)
		}
		var cosines mat.Dense
		cosines.Mul(from, to.T())
		for i := range rows {
			take(cosines.RawRowView(i))
		}
	}
	return nil
}

// directions are features, each of length 1.
func directions(features [][]float32) (*mat.Dense, error) {
	x, err := matrix(features)
	if err != nil {
		return nil, err
	}
	for i := range features {
		row := x.RawRowView(i)
		length := math.Sqrt(floats.Dot(row, row))
		if length == 0 {
			return nil, fmt.Errorf("feature %d is all 0 and has no direction", i)
		}
		floats.Scale(1/length, row)
	}
	return x, nil
}
