package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion"
)

// ClassNormals are normal distributions of features: each class has a mean of its own, and all have one covariance (Lee, Lee, Lee and Shin, "A Simple Unified Framework for
// Detecting Out-of-Distribution Samples and Adversarial Attacks", 2018), to whose variances 1% of their mean is added, so that features that hardly vary have no boundless weight.
type ClassNormals struct {
	whiten *mat.Dense  // [D, D], makes the covariance the identity
	means  [][]float64 // [D] of each class that has images, after whitening
}

// shrinkage is the fraction of the mean variance that is added to each variance, so that features that hardly vary, or that are more than the images, have no boundless weight (Ledoit
// and Wolf, "A Well-Conditioned Estimator for Large-Dimensional Covariance Matrices", 2004, estimate it).
const shrinkage = 0.01

// FitClassNormals describes features [N, D] by their labels.
func FitClassNormals(features [][]float32, labels []fashion.Label) (*ClassNormals, error) {
	if len(labels) != len(features) {
		return nil, fmt.Errorf("%d labels for features of %d rows, want as many", len(labels), len(features))
	}
	x, err := Matrix(features, 2)
	if err != nil {
		return nil, err
	}
	rows := make([][]int, int(slices.Max(labels))+1)
	for i, label := range labels {
		rows[label] = append(rows[label], i)
	}
	_, columns := x.Dims()
	var means [][]float64
	for _, list := range rows {
		mean := make([]float64, columns)
		for _, i := range list {
			floats.AddScaled(mean, 1/float64(len(list)), x.RawRowView(i))
		}
		for _, i := range list {
			floats.Sub(x.RawRowView(i), mean) // the deviations are left
		}
		if len(list) > 0 {
			means = append(means, mean)
		}
	}
	covariance := mat.NewSymDense(columns, nil)
	stat.CovarianceMatrix(covariance, x, nil)
	ridge := shrinkage*covariance.Trace()/float64(columns) + math.SmallestNonzeroFloat32
	for i := range columns {
		covariance.SetSym(i, i, covariance.At(i, i)+ridge)
	}
	var root mat.Cholesky
	if !root.Factorize(covariance) {
		return nil, errors.New("features have a covariance that is not positive definite")
	}
	var lower, inverse mat.TriDense
	root.LTo(&lower)
	if err := inverse.InverseTri(&lower); err != nil {
		return nil, fmt.Errorf("the covariance of features: %w", err)
	}
	n := &ClassNormals{whiten: mat.DenseCopyOf(&inverse)}
	for _, mean := range means {
		n.means = append(n.means, n.whitened(mean))
	}
	return n, nil
}

func (n *ClassNormals) whitened(features []float64) []float64 {
	var out mat.VecDense
	out.MulVec(n.whiten, mat.NewVecDense(len(features), features))
	return out.RawVector().Data
}

// Distance is the Mahalanobis distance of features [D] to the nearest class mean: large for what is out of distribution. It panics on another number of them.
func (n *ClassNormals) Distance(features []float32) float64 {
	x := make([]float64, len(features))
	for i, v := range features {
		x[i] = float64(v)
	}
	x = n.whitened(x)
	nearest := math.Inf(1)
	for _, mean := range n.means {
		nearest = min(nearest, floats.Distance(x, mean, 2))
	}
	return nearest
}

// NegativeEnergy is the logarithm of the sum of the exponentials of logits: low for what is out of distribution (Liu, Wang, Owens and Li, "Energy-based Out-of-distribution Detection",
// 2020, at temperature 1).
func NegativeEnergy(logits []float32) float64 {
	z := make([]float64, len(logits))
	for i, v := range logits {
		z[i] = float64(v)
	}
	return floats.LogSumExp(z)
}
