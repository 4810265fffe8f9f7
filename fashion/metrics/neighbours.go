package metrics

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// queryRows is the number of rows that are compared with an index at once.
const queryRows = 1000

// CosineIndex finds the nearest neighbours of features among its own by cosine similarity, the cosine of the angle between two vectors. The similarity of
// features that are all 0 to any other counts as 0.
type CosineIndex struct {
	unit *mat.Dense // [N, D], each row of length 1, or all 0
}

// Neighbour is a row of an index.
type Neighbour struct {
	Row    int
	Cosine float64 // similarity to the features asked about
}

// NewCosineIndex makes an index of features, [N, D].
func NewCosineIndex(features [][]float32) (*CosineIndex, error) {
	to, err := normalized(features)
	if err != nil {
		return nil, err
	}
	return &CosineIndex{to}, nil
}

// Len is the number of features in the index.
func (x *CosineIndex) Len() int {
	n, _ := x.unit.Dims()
	return n
}

// KthSimilarity is the cosine similarity of each of the features, [M, D], to its k-th nearest neighbour in the index, k from 1: low for what is
// out of distribution (Sun, Ming, Zhu and Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", 2022).
func (x *CosineIndex) KthSimilarity(features [][]float32, k int) ([]float64, error) {
	list := make([]float64, 0, len(features))
	err := x.compare(features, k, func(cosines []float64) {
		slices.Sort(cosines)
		list = append(list, cosines[len(cosines)-k])
	})
	return list, err
}

// Nearest lists the k nearest neighbours in the index of each of the features, [M, D], the nearest first, ties in the order of the index.
func (x *CosineIndex) Nearest(features [][]float32, k int) ([][]Neighbour, error) {
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

// NearestNeighbours lists, for each of the features, the rows of its k nearest neighbours by cosine similarity among others, the nearest first.
func NearestNeighbours(features, others [][]float32, k int) ([][]int, error) {
	x, err := NewCosineIndex(others)
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

// compare calls take with the cosine similarities of each of the features to all of the index, which must have k rows or more.
func (x *CosineIndex) compare(features [][]float32, k int, take func(cosines []float64)) error {
	if k < 1 || k > x.Len() {
		return fmt.Errorf("neighbour %d, counted from 1, of %d features, want one of them", k, x.Len())
	}
	for rows := range slices.Chunk(features, queryRows) {
		from, err := normalized(rows)
		if err != nil {
			return err
		}
		if _, width := from.Dims(); width != x.unit.RawMatrix().Cols {
			return fmt.Errorf("features of %d columns, want the %d of the index", width, x.unit.RawMatrix().Cols)
		}
		var cosines mat.Dense
		cosines.Mul(from, x.unit.T())
		for i := range rows {
			take(cosines.RawRowView(i))
		}
	}
	return nil
}

// normalized scales each row to length 1 unless it is all 0.
func normalized(features [][]float32) (*mat.Dense, error) {
	x, err := Matrix(features, 1)
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
