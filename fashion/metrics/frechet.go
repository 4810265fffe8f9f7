package metrics

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Normal is the multivariate normal distribution with the mean and the covariance of features.
type Normal struct {
	mean       *mat.VecDense
	covariance *mat.SymDense
}

// FitNormal describes features, [N, D], N at least 2.
func FitNormal(features [][]float32) (Normal, error) {
	x, err := Matrix(features, 2)
	if err != nil {
		return Normal{}, err
	}
	means := columnMeans(x)
	n := Normal{mat.NewVecDense(len(means), means), mat.NewSymDense(len(means), nil)}
	stat.CovarianceMatrix(n.covariance, x, nil)
	return n, nil
}

// FrechetDistance is the squared Fréchet distance of two normal distributions, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): the FID of Heusel et al., "GANs
// Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017), for the features given. The FID of papers takes features of
// Inception, whose weights the project does not use. The fewer images, the larger the distance.
func FrechetDistance(a, b Normal) (float64, error) {
	if a.mean.Len() != b.mean.Len() {
		return 0, fmt.Errorf("features of %d and of %d columns, want as many", a.mean.Len(), b.mean.Len())
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

// KID is the kernel inception distance of Binkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs" (2018), for the features given, [N, D] and [M, D]:
// the unbiased estimate of the squared maximum mean discrepancy under the kernel (x y / D + 1)^3. Both lists are shuffled, the same way each time, and
// divided into blocks of so many rows. KID returns the mean over the blocks and its standard error.
func KID(a, b [][]float32, block int) (mean, standardError float64, err error) {
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
		x, errX := Matrix(a[i*block:(i+1)*block], 2)
		y, errY := Matrix(b[i*block:(i+1)*block], 2)
		if err := errors.Join(errX, errY); err != nil {
			return 0, 0, err
		}
		values[i] = discrepancy(x, y)
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return mean, deviation / math.Sqrt(float64(blocks)), nil
}

// discrepancy is the unbiased squared maximum mean discrepancy of two blocks of equal size.
func discrepancy(x, y *mat.Dense) float64 {
	rows, _ := x.Dims()
	n := float64(rows)
	return (kernelSum(x, x, false)+kernelSum(y, y, false))/(n*(n-1)) - 2*kernelSum(x, y, true)/(n*n)
}

// kernelSum sums the kernel over all pairs of a row of x and a row of y, with or without the pairs of equal positions.
func kernelSum(x, y *mat.Dense, diagonal bool) (sum float64) {
	rows, columns := x.Dims()
	var products mat.Dense
	products.Mul(x, y.T())
	for i := range rows {
		for j, v := range products.RawRowView(i) {
			if i != j || diagonal {
				k := v/float64(columns) + 1
				sum += k * k * k
			}
		}
	}
	return sum
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

// FeatureDistances compare the features of two lists of images.
type FeatureDistances struct {
	Frechet  float64 // see FrechetDistance
	KID      float64 // mean over kidBlocks blocks
	KIDError float64 // standard error of that mean
}

const kidBlocks = 10

// CompareFeatures measures the distances between two lists of features, [N, D] and [M, D], each of two for each of ten blocks or more.
func CompareFeatures(features, others [][]float32) (d FeatureDistances, err error) {
	a, errA := FitNormal(features)
	b, errB := FitNormal(others)
	if err := errors.Join(errA, errB); err != nil {
		return d, err
	}
	if d.Frechet, err = FrechetDistance(a, b); err != nil {
		return d, err
	}
	d.KID, d.KIDError, err = KID(features, others, min(len(features), len(others))/kidBlocks)
	return d, err
}
