package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// PCA projects features, [N, D], on their first two principal components (Hotelling, "Analysis of a Complex of Statistical Variables into Principal
// Components", 1933). The first coordinate has the larger variance, the mean of both is 0. Features of one column have the second coordinate 0.
func PCA(features [][]float32) ([][2]float64, error) {
	x, err := Matrix(features, 2)
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

// principal returns the scores of the rows on the first principal components, at most as many as asked for: [N, D] to [N, components]. The largest
// weight of a component is positive, which decides its sign.
func principal(x *mat.Dense, components int) (*mat.Dense, error) {
	rows, columns := x.Dims()
	var pc stat.PC
	if !pc.PrincipalComponents(x, nil) {
		return nil, fmt.Errorf("the principal components of %d rows of %d columns were not found", rows, columns)
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	_, found := vectors.Dims()
	components = min(components, found)
	scores := mat.NewDense(rows, components, nil)
	scores.Mul(centred(x), vectors.Slice(0, columns, 0, components))
	for k := range components {
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
	means := columnMeans(x)
	y.Apply(func(_, j int, v float64) float64 { return v - means[j] }, x)
	return y
}
