package metrics

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Matrix returns features as a matrix, [N, D], after a check of their shape and values. N must be minRows or more.
func Matrix(features [][]float32, minRows int) (*mat.Dense, error) {
	if len(features) < minRows {
		return nil, fmt.Errorf("features of %d rows, want %d or more", len(features), minRows)
	}
	columns := len(features[0])
	if columns == 0 {
		return nil, errors.New("features have no columns")
	}
	x := mat.NewDense(len(features), columns, nil)
	for i, row := range features {
		if len(row) != columns {
			return nil, fmt.Errorf("features have %d columns in row %d and %d in row 0, want as many", len(row), i, columns)
		}
		for j, v := range row {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("features have %v in row %d, column %d, want a finite number", v, i, j)
			}
			x.Set(i, j, float64(v))
		}
	}
	return x, nil
}

// columnMeans are the means of a matrix's columns, [D].
func columnMeans(x *mat.Dense) []float64 {
	_, columns := x.Dims()
	means := make([]float64, columns)
	for j := range means {
		means[j] = stat.Mean(mat.Col(nil, j, x), nil)
	}
	return means
}
