package fidelity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// queryRows is the number of features that are compared with an index's at once.
const queryRows = 1000

// Index finds the features that are nearest to others by cosine similarity, the cosine of the angle between two: 1 for the same direction. Features that
// are all 0 have no direction; their similarity to all others counts as 0.
type Index struct {
	directions *mat.Dense // [N, D], each row of length 1, or all 0
}

// Neighbour is a feature of an index and its cosine similarity to another.
type Neighbour struct {
	Row    int
	Cosine float64
}

// NewIndex makes an index of features, [N, D].
func NewIndex(features [][]float32) (*Index, error) {
	to, err := directions(features)
	if err != nil {
		return nil, err
	}
	return &Index{to}, nil
}

// Len is the number of features in the index.
func (x *Index) Len() int {
	n, _ := x.directions.Dims()
	return n
}

// Alike is how familiar each of some features is beside those of the index: its cosine similarity to the k-th nearest of them.
func (x *Index) Alike(features [][]float32, k int) ([]float64, error) {
	list := make([]float64, 0, len(features))
	err := x.compare(features, k, func(cosines []float64) {
		slices.Sort(cosines)
		list = append(list, cosines[len(cosines)-k])
	})
	return list, err
}

// Nearest lists the k nearest of the index for each of some features, the nearest first and of equally near ones the one that comes first.
func (x *Index) Nearest(features [][]float32, k int) ([][]Neighbour, error) {
	list := make([][]Neighbour, 0, len(features))
	err := x.compare(features, k, func(cosines []float64) {
		best := make([]Neighbour, 0, k+1)
		for row, cosine := range cosines {
			if len(best) == k && cosine <= best[k-1].Cosine {
				continue
			}
			at, _ := slices.BinarySearchFunc(best, cosine, func(b Neighbour, v float64) int {
				if b.Cosine >= v {
					return -1
				}
				return 1
			})
			best = slices.Insert(best, at, Neighbour{row, cosine})
			best = best[:min(k, len(best))]
		}
		list = append(list, best)
	})
	return list, err
}

// Nearest lists, for each of some features, the positions of the k others of the largest cosine similarity to it, the nearest first.
func Nearest(features, others [][]float32, k int) ([][]int, error) {
	x, err := NewIndex(others)
	if err != nil {
		return nil, err
	}
	found, err := x.Nearest(features, k)
	list := make([][]int, len(found))
	for i, neighbours := range found {
		for _, n := range neighbours {
			list[i] = append(list[i], n.Row)
		}
	}
	return list, err
}

// compare hands on the cosine similarities of each feature to all of the index, of which there must be k.
func (x *Index) compare(features [][]float32, k int, take func(cosines []float64)) error {
	if k < 1 || k > x.Len() {
		return fmt.Errorf("the %d-th nearest of %d features, want one of them", k, x.Len())
	}
	for rows := range slices.Chunk(features, queryRows) {
		from, err := directions(rows)
		if err != nil {
			return err
		}
		if _, width := from.Dims(); width != x.directions.RawMatrix().Cols {
			return fmt.Errorf("features of %d numbers beside others of %d", width, x.directions.RawMatrix().Cols)
		}
		var cosines mat.Dense
		cosines.Mul(from, x.directions.T())
		for i := range rows {
			take(cosines.RawRowView(i))
		}
	}
	return nil
}

// directions are features, each of length 1 unless it is all 0.
func directions(features [][]float32) (*mat.Dense, error) {
	x, err := matrix(features)
	if err != nil {
		return nil, err
	}
	for i := range features {
		row := x.RawRowView(i)
		if length := math.Sqrt(floats.Dot(row, row)); length > 0 {
			floats.Scale(1/length, row)
		}
	}
	return x, nil
}
