// Package fidelity measures how close generated images are to real ones: distances between the distributions of their features, and how far
// the images of a class are from each other. A feature is any vector of numbers that a network gives for an image.
//
// No FID in the features of Inception, as papers give it (Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017), has been
// measured: that network's weights come from a host that the project does not need otherwise.
package fidelity

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion"
)

// Normal is the normal distribution with the mean and the covariance of features.
type Normal struct {
	mean       *mat.VecDense
	covariance *mat.SymDense
}

// NormalOf describes features, [N, D], N at least 2.
func NormalOf(features [][]float32) (Normal, error) {
	x, err := matrix(features)
	if err != nil {
		return Normal{}, err
	}
	rows, columns := x.Dims()
	if rows < 2 {
		return Normal{}, fmt.Errorf("%d features, want 2 or more", rows)
	}
	n := Normal{mat.NewVecDense(columns, nil), mat.NewSymDense(columns, nil)}
	for j := range columns {
		n.mean.SetVec(j, stat.Mean(mat.Col(nil, j, x), nil))
	}
	stat.CovarianceMatrix(n.covariance, x, nil)
	return n, nil
}

// Frechet is the Fréchet distance of two normal distributions, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): the FID of Heusel et al., "GANs Trained by a Two
// Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017), in whatever features. It is larger the fewer images were counted.
func Frechet(a, b Normal) (float64, error) {
	if a.mean.Len() != b.mean.Len() {
		return 0, fmt.Errorf("features of %d and of %d numbers have no distance", a.mean.Len(), b.mean.Len())
	}
	var apart mat.VecDense
	apart.SubVec(a.mean, b.mean)
	root, err := squareRoot(a.covariance)
	if err != nil {
		return 0, err
	}
	// C1 C2 has the eigenvalues of the symmetric C1^(1/2) C2 C1^(1/2).
	var product mat.Dense
	product.Product(root, b.covariance, root)
	values, err := eigenvalues(symmetric(&product))
	if err != nil {
		return 0, err
	}
	shared := 0.0
	for _, v := range values {
		shared += math.Sqrt(max(v, 0))
	}
	return mat.Dot(&apart, &apart) + mat.Trace(a.covariance) + mat.Trace(b.covariance) - 2*shared, nil
}

// Kernel is the squared maximum mean discrepancy of two lists of features under the kernel (x y / D + 1)^3, without bias: the KID of Binkowski, Sutherland, Arbel
// and Gretton, "Demystifying MMD GANs" (2018). Both are shuffled, the same way each time, and cut into blocks of so many rows; the mean over the blocks and its standard error are
// returned.
func Kernel(a, b [][]float32, block int) (mean, standardError float64, err error) {
	blocks := min(len(a), len(b)) / block
	if block < 2 || blocks < 2 {
		return 0, 0, fmt.Errorf("%d and %d features in blocks of %d, want two blocks or more of 2 or more", len(a), len(b), block)
	}
	r := rand.New(rand.NewPCG(1, 1))
	shuffled := func(list [][]float32) [][]float32 { // they may be sorted by class
		list = slices.Clone(list)
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	}
	a, b = shuffled(a), shuffled(b)
	values := make([]float64, blocks)
	for i := range values {
		x, errX := matrix(a[i*block : (i+1)*block])
		y, errY := matrix(b[i*block : (i+1)*block])
		if err := errors.Join(errX, errY); err != nil {
			return 0, 0, err
		}
		values[i] = discrepancy(x, y)
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return mean, deviation / math.Sqrt(float64(blocks)), nil
}

// discrepancy is that of two blocks of as many rows.
func discrepancy(x, y *mat.Dense) float64 {
	rows, _ := x.Dims()
	n := float64(rows)
	return (kernelSum(x, x, false)+kernelSum(y, y, false))/(n*(n-1)) - 2*kernelSum(x, y, true)/(n*n)
}

// kernelSum adds up the kernel over the pairs of rows, those of a row with itself where they count.
func kernelSum(x, y *mat.Dense, withSelf bool) (sum float64) {
	rows, columns := x.Dims()
	var products mat.Dense
	products.Mul(x, y.T())
	for i := range rows {
		for j, v := range products.RawRowView(i) {
			if i != j || withSelf {
				k := v/float64(columns) + 1
				sum += k * k * k
			}
		}
	}
	return sum
}

// Spread is the mean Euclidean distance between two of the images, in grey levels of 0 to 255 a pixel; 0 for fewer than two.
func Spread(images []fashion.Image) float64 {
	if len(images) < 2 {
		return 0
	}
	sum, pairs := 0.0, 0
	for i := range images {
		for j := range i {
			squares := 0
			for p, v := range images[i] {
				d := int(v) - int(images[j][p])
				squares += d * d
			}
			sum, pairs = sum+math.Sqrt(float64(squares)), pairs+1
		}
	}
	return sum / float64(pairs)
}

func matrix(features [][]float32) (*mat.Dense, error) {
	if len(features) == 0 || len(features[0]) == 0 {
		return nil, errors.New("no features")
	}
	x := mat.NewDense(len(features), len(features[0]), nil)
	for i, row := range features {
		if len(row) != len(features[0]) {
			return nil, fmt.Errorf("features of row %d are %d numbers, want %d", i, len(row), len(features[0]))
		}
		for j, v := range row {
			if v-v != 0 {
				return nil, fmt.Errorf("feature %d of row %d is %v, want a number", j, i, v)
			}
			x.Set(i, j, float64(v))
		}
	}
	return x, nil
}

// squareRoot is the symmetric matrix whose square is c, which has no negative eigenvalues but for rounding.
func squareRoot(c *mat.SymDense) (*mat.Dense, error) {
	var e mat.EigenSym
	if !e.Factorize(c, true) {
		return nil, errors.New("the eigenvalues of a covariance do not converge")
	}
	var vectors, scaled, root mat.Dense
	e.VectorsTo(&vectors)
	values := e.Values(nil)
	scaled.Apply(func(_, j int, v float64) float64 { return v * math.Sqrt(max(values[j], 0)) }, &vectors)
	root.Mul(&scaled, vectors.T())
	return &root, nil
}

func eigenvalues(c *mat.SymDense) ([]float64, error) {
	var e mat.EigenSym
	if !e.Factorize(c, false) {
		return nil, errors.New("the eigenvalues of a product of covariances do not converge")
	}
	return e.Values(nil), nil
}

// symmetric is a matrix that is symmetric but for rounding.
func symmetric(m *mat.Dense) *mat.SymDense {
	n, _ := m.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (m.At(i, j)+m.At(j, i))/2)
		}
	}
	return s
}

// Distances are how far features are from others, by both measures.
type Distances struct {
	Frechet     float64
	Kernel      float64 // mean over kernelBlocks blocks
	KernelError float64 // its standard error
}

const kernelBlocks = 10

// Compare measures how far features are from others, of which there must be ten times two at least.
func Compare(features, others [][]float32) (d Distances, err error) {
	a, errA := NormalOf(features)
	b, errB := NormalOf(others)
	if err := errors.Join(errA, errB); err != nil {
		return d, err
	}
	if d.Frechet, err = Frechet(a, b); err != nil {
		return d, err
	}
	d.Kernel, d.KernelError, err = Kernel(features, others, min(len(features), len(others))/kernelBlocks)
	return d, err
}
