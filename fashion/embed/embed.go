// Package embed brings vectors, such as a model's features of images, to points of the plane, for a figure.
package embed

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// PCA gives each row's place along the two directions in which rows differ most: principal component analysis (Hotelling, "Analysis of
// a Complex of Statistical Variables into Principal Components", 1933). The first coordinate has the larger variance, their mean is 0.
// Features of one column have the second coordinate 0.
func PCA(features [][]float32) ([][2]float64, error) {
	x, err := matrix(features)
	if err != nil {
		return nil, err
	}
	scores, err := principal(x, 2)
	if err != nil {
		return nil, err
	}
	points := make([][2]float64, len(features))
	for i := range points {
		copy(points[i][:], scores.RawRowView(i))
	}
	return points, nil
}

// matrix returns features as a matrix, [N, D], after a look at their shape and values.
func matrix(features [][]float32) (*mat.Dense, error) {
	if len(features) < 2 {
		return nil, fmt.Errorf("features of %d rows cannot be embedded, want 2 or more", len(features))
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

// principal returns the rows' places along the first directions, so many or as there are: [N, D] to [N, directions]. The largest weight of
// a direction is positive: of two opposite ones, always the same.
func principal(x *mat.Dense, directions int) (*mat.Dense, error) {
	rows, columns := x.Dims()
	var pc stat.PC
	if !pc.PrincipalComponents(x, nil) {
		return nil, fmt.Errorf("the principal components of %d rows of %d columns were not found", rows, columns)
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	_, found := vectors.Dims()
	directions = min(directions, found)
	scores := mat.NewDense(rows, directions, nil)
	scores.Mul(centred(x), vectors.Slice(0, columns, 0, directions))
	for k := range directions {
		largest := 0.0
		for j := range columns {
			if v := vectors.At(j, k); math.Abs(v) > math.Abs(largest) {
				largest = v
			}
		}
		if largest < 0 {
			column := scores.ColView(k).(*mat.VecDense)
			column.ScaleVec(-1, column)
		}
	}
	return scores, nil
}

// centred is x less the mean of its rows.
func centred(x *mat.Dense) *mat.Dense {
	rows, columns := x.Dims()
	y := mat.NewDense(rows, columns, nil)
	for j := range columns {
		column := mat.Col(nil, j, x)
		mean := stat.Mean(column, nil)
		for i, v := range column {
			y.Set(i, j, v-mean)
		}
	}
	return y
}
