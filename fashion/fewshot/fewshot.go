// Package fewshot classifies with few labels on the features of a network that learned something else: by the nearest neighbours, and by a linear probe. Neither changes the network, and both take
// less than a second for a few hundred labels.
package fewshot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Embedded is labelled images as the features of a network.
type Embedded struct {
	Features [][]float32 // [N, D]
	Labels   []fashion.Label
	Classes  fashion.Classes // nil for Fashion-MNIST; predictions have those of the training images
}

// classes is one more than the largest label.
func (e Embedded) classes() int {
	n := 0
	for _, l := range e.Labels {
		n = max(n, int(l)+1)
	}
	return n
}

// check reports what nothing can be learned from.
func (e Embedded) check() error {
	if len(e.Features) != len(e.Labels) {
		return fmt.Errorf("%d rows of features and %d labels, want as many", len(e.Features), len(e.Labels))
	}
	if e.classes() < 2 {
		return fmt.Errorf("the labels of %d images are all 0, want 2 classes or more", len(e.Labels))
	}
	return nil
}

// predictions are the probabilities of a set's images, with its labels and the names of the classes that were learned. The indices are the positions in the set.
func predictions(train, test Embedded, probabilities [][]float32) run.Predictions {
	p := run.Predictions{Labels: test.Labels, Classes: train.Classes, Indices: make([]int32, len(test.Labels)), Probabilities: probabilities}
	for i := range p.Indices {
		p.Indices[i] = int32(i)
	}
	return p
}

// NearestNeighbours predicts the class of each test image by its k nearest training images by cosine similarity, or all of them if they are fewer: the probability of a class is the fraction of
// neighbours that have it. Of classes that as many neighbours have, that of the nearest is a little more probable.
func NearestNeighbours(train, test Embedded, k int) (run.Predictions, error) {
	if err := train.check(); err != nil {
		return run.Predictions{}, err
	}
	k = min(k, len(train.Labels))
	found, err := metrics.NearestNeighbours(test.Features, train.Features, k)
	if err != nil {
		return run.Predictions{}, err
	}
	list, classes := make([][]float32, len(found)), train.classes()
	for i, rows := range found {
		list[i] = make([]float32, classes)
		total := float32(0)
		for rank, row := range rows {
			vote := 1 + 1e-3*float32(k-rank)/float32(k)
			list[i][train.Labels[row]] += vote
			total += vote
		}
		for c := range list[i] {
			list[i][c] /= total
		}
	}
	return predictions(train, test, list), nil
}

// LinearProbe fits softmax regression to the training features, each scaled to a mean of 0 and a variance of 1, and predicts the test images. It minimizes the mean cross-entropy plus half of l2
// times the squared weights, the biases left out, by L-BFGS (Alain and Bengio, "Understanding Intermediate Layers Using Linear Classifier Probes", 2016).
func LinearProbe(train, test Embedded, l2 float64) (run.Predictions, error) {
	if err := train.check(); err != nil {
		return run.Predictions{}, err
	}
	if !(l2 > 0) || math.IsInf(l2, 1) {
		return run.Predictions{}, fmt.Errorf("l2 is %g, want a positive number: without a penalty the weights of classes that can be separated grow without bound", l2)
	}
	x, y, err := scaled(train.Features, test.Features)
	if err != nil {
		return run.Predictions{}, err
	}
	p := probe{x, train.Labels, train.classes(), l2}
	problem := optimize.Problem{Func: func(w []float64) float64 { return p.loss(w, nil) }, Grad: func(gradient, w []float64) { p.loss(w, gradient) }}
	_, columns := x.Dims()
	// A line search that ends without progress is at the minimum, to within rounding: the loss is convex.
	result, err := optimize.Minimize(problem, make([]float64, p.classes*columns), &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 300}, &optimize.LBFGS{})
	if result == nil {
		return run.Predictions{}, err
	}
	return predictions(train, test, probabilities(p.logits(y, result.X))), nil
}

// probe is softmax regression on features with a column of ones.
type probe struct {
	x       *mat.Dense // [N, D+1]
	labels  []fashion.Label
	classes int
	l2      float64
}

// logits are those of rows of features, [N, classes], by weights [classes, D+1] in row order.
func (p probe) logits(x *mat.Dense, w []float64) *mat.Dense {
	_, columns := x.Dims()
	var z mat.Dense
	z.Mul(x, mat.NewDense(p.classes, columns, w).T())
	return &z
}

// loss is the penalized mean cross-entropy, whose gradient it writes where it is not nil.
func (p probe) loss(w, gradient []float64) float64 {
	z := p.logits(p.x, w)
	n, columns := p.x.Dims()
	loss := 0.0
	for i, l := range p.labels {
		row := z.RawRowView(i)
		loss += (floats.LogSumExp(row) - row[l]) / float64(n)
		softmax(row)
		row[l]-- // the derivative by the logits
	}
	if gradient != nil {
		g := mat.NewDense(p.classes, columns, gradient)
		g.Mul(z.T(), p.x)
		g.Scale(1/float64(n), g)
	}
	for i, v := range w {
		if i%columns == columns-1 {
			continue // a bias
		}
		loss += p.l2 * v * v / 2
		if gradient != nil {
			gradient[i] += p.l2 * v
		}
	}
	return loss
}

// softmax turns logits into probabilities.
func softmax(row []float64) {
	copy(row, metrics.Softmax(row, 1))
}

// probabilities are those of rows of logits.
func probabilities(z *mat.Dense) [][]float32 {
	n, classes := z.Dims()
	list := make([][]float32, n)
	for i := range list {
		row := z.RawRowView(i)
		softmax(row)
		list[i] = make([]float32, classes)
		for c, v := range row {
			list[i][c] = float32(v)
		}
	}
	return list
}

// scaled are features whose columns have the training features' mean subtracted and are divided by their standard deviation, and a column of ones. A column that is the same for all training images
// becomes 0.
func scaled(train, test [][]float32) (x, y *mat.Dense, err error) {
	if x, err = metrics.Matrix(train, 1); err != nil {
		return nil, nil, fmt.Errorf("training %w", err)
	}
	if y, err = metrics.Matrix(test, 1); err != nil {
		return nil, nil, fmt.Errorf("test %w", err)
	}
	_, columns := x.Dims()
	if _, got := y.Dims(); got != columns {
		return nil, nil, fmt.Errorf("the test images have %d features, want %d as the training images", got, columns)
	}
	column := make([]float64, len(train))
	for j := range columns {
		mean, deviation := stat.PopMeanStdDev(mat.Col(column, j, x), nil)
		scale := 0.0
		if deviation > 1e-9 {
			scale = 1 / deviation
		}
		for _, m := range []*mat.Dense{x, y} {
			rows, _ := m.Dims()
			for i := range rows {
				m.Set(i, j, (m.At(i, j)-mean)*scale)
			}
		}
	}
	return withOnes(x), withOnes(y), nil
}

// withOnes is a matrix with a column of ones after its own.
func withOnes(x *mat.Dense) *mat.Dense {
	rows, _ := x.Dims()
	var wide mat.Dense
	wide.Augment(x, mat.NewDense(rows, 1, slices.Repeat([]float64{1}, rows)))
	return &wide
}
