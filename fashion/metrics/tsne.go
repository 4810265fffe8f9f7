package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// The constants of van der Maaten and Hinton's descent, where they differ with the values of scikit-learn's.
const (
	tsneComponents   = 30  // of PCA, at most
	exaggeration     = 12  // of the affinities at first
	exaggerated      = 250 // iterations, at most a quarter of all
	earlyMomentum    = 0.5
	lateMomentum     = 0.8
	minRate          = 50 // learning rate of few rows
	minGain          = 0.01
	initialDeviation = 1e-4
	entropyTolerance = 1e-5 // in nats, of the search for a perplexity
	precisionSteps   = 50   // of that search, at most
	minAffinity      = 1e-12
)

// TSNE projects features, [N, D], to the plane so that neighbours stay neighbours: van der Maaten and Hinton, "Visualizing Data using t-SNE" (2008), on at
// most 30 principal components. Only neighbourhoods have a meaning, not the size of clusters nor the distances between them. The
// perplexity is about the number of neighbours that count, usually 30; there must be three times as many rows or more. iterations are steps of
// gradient descent: 500 suffice for 1,000 rows. The time grows with the square of the rows. The same input and seed give the same points.
func TSNE(features [][]float32, perplexity float64, seed uint64, iterations int) ([][2]float64, error) {
	x, err := Matrix(features, 2)
	switch {
	case err != nil:
		return nil, err
	case !(perplexity >= 1):
		return nil, fmt.Errorf("perplexity is %g, want 1 or more", perplexity)
	case float64(len(features)) < 3*perplexity:
		return nil, fmt.Errorf("features of %d rows are too few for a perplexity of %g, want %.0f or more", len(features), perplexity, math.Ceil(3*perplexity))
	case iterations < 1:
		return nil, fmt.Errorf("%d iterations, want 1 or more", iterations)
	}
	if x, err = principal(x, tsneComponents); err != nil {
		return nil, err
	}
	d := newDescent(affinities(x, perplexity), seed)
	early := min(iterations/4, exaggerated)
	for i := range iterations {
		if i < early {
			d.step(exaggeration, earlyMomentum)
		} else {
			d.step(1, lateMomentum)
		}
	}
	return d.points, nil
}

// affinities are the probabilities of pairs of rows in the space of the features, [N, N], which sum to 1: p_ij = (p_j|i + p_i|j) / 2N, where p_j|i is the
// probability that row i picks row j as its neighbour.
func affinities(x *mat.Dense, perplexity float64) *mat.Dense {
	n, _ := x.Dims()
	picks := mat.NewDense(n, n, nil)
	forEach(n, func(i int) {
		distances := make([]float64, n)
		here := x.RawRowView(i)
		for j := range n {
			for k, v := range x.RawRowView(j) {
				d := v - here[k]
				distances[j] += d * d
			}
		}
		pickNeighbours(picks.RawRowView(i), distances, i, perplexity)
	})
	p := mat.NewDense(n, n, nil)
	p.Add(picks, picks.T())
	p.Apply(func(_, _ int, v float64) float64 { return max(v/float64(2*n), minAffinity) }, p)
	return p
}

// pickNeighbours sets p, which is all 0, to the probabilities with which row i picks each other as its neighbour, which sum to 1: p_j ~ exp(-b d_j), d_j the squared distance and
// b the precision for which the perplexity, exp of the entropy, is the wanted one. The entropy falls as b grows; b is found by bisection.
func pickNeighbours(p, distances []float64, i int, perplexity float64) {
	nearest := math.Inf(1)
	for j, d := range distances {
		if j != i {
			nearest = min(nearest, d)
		}
	}
	sum, b, low, high := 0.0, 1.0, 0.0, math.Inf(1)
	for range precisionSteps {
		sum = 0
		mean := 0.0 // of the distances beyond the nearest; without that, all exp might be 0
		for j, d := range distances {
			if j == i {
				continue
			}
			p[j] = math.Exp(-b * (d - nearest))
			sum += p[j]
			mean += p[j] * (d - nearest)
		}
		mean /= sum
		excess := math.Log(sum) + b*mean - math.Log(perplexity) // of the entropy
		if math.Abs(excess) < entropyTolerance {
			break
		}
		if excess > 0 {
			low = b
		} else {
			high = b
		}
		if b = (low + high) / 2; math.IsInf(high, 1) {
			b = 2 * low
		}
	}
	for j := range p {
		p[j] /= sum
	}
}

// descent moves points y to where the probabilities of their pairs, q, are like those of the features, p, with the gradient
//
//	4 sum_j (p_ij - q_ij) w_ij (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2), q_ij = w_ij / sum(w),
//
// momentum, and a gain for each coordinate that grows while its direction lasts (Jacobs, "Increased rates of convergence through learning
// rate adaptation", 1988).
type descent struct {
	p                      *mat.Dense
	rate                   float64
	points, velocity, gain [][2]float64
	pull, push             [][2]float64 // sum_j p_ij w_ij (y_i - y_j) and sum_j w_ij^2 (y_i - y_j)
	weight                 []float64    // sum_j w_ij
}

func newDescent(p *mat.Dense, seed uint64) *descent {
	n, _ := p.Dims()
	grid := func() [][2]float64 { return make([][2]float64, n) }
	d := &descent{p: p, points: grid(), velocity: grid(), gain: grid(), pull: grid(), push: grid(), weight: make([]float64, n)}
	// Belkina et al., "Automated optimized parameters for t-distributed stochastic neighbor embedding" (2019)
	d.rate = max(float64(n)/exaggeration/4, minRate)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		d.gain[i] = [2]float64{1, 1}
		d.points[i] = [2]float64{initialDeviation * r.NormFloat64(), initialDeviation * r.NormFloat64()}
	}
	return d
}

// step moves the points once, with p multiplied by a factor.
func (d *descent) step(factor, momentum float64) {
	forEach(len(d.points), d.forces)
	total := 0.0
	for _, w := range d.weight {
		total += w
	}
	var mean [2]float64
	for i := range d.points {
		for k := range 2 {
			g := 4 * (factor*d.pull[i][k] - d.push[i][k]/total)
			if g*d.velocity[i][k] < 0 {
				d.gain[i][k] += 0.2
			} else {
				d.gain[i][k] = max(d.gain[i][k]*0.8, minGain)
			}
			d.velocity[i][k] = momentum*d.velocity[i][k] - d.rate*d.gain[i][k]*g
			d.points[i][k] += d.velocity[i][k]
			mean[k] += d.points[i][k] / float64(len(d.points))
		}
	}
	for i := range d.points {
		d.points[i][0] -= mean[0]
		d.points[i][1] -= mean[1]
	}
}

// forces sums up what all points do to point i.
func (d *descent) forces(i int) {
	here := d.points[i]
	var pull, push [2]float64
	weight := 0.0
	for j, p := range d.p.RawRowView(i) {
		dx, dy := here[0]-d.points[j][0], here[1]-d.points[j][1]
		w := 1 / (1 + dx*dx + dy*dy)
		weight += w
		pull[0], pull[1] = pull[0]+p*w*dx, pull[1]+p*w*dy
		push[0], push[1] = push[0]+w*w*dx, push[1]+w*w*dy
	}
	d.pull[i], d.push[i], d.weight[i] = pull, push, weight-1 // without itself
}

// forEach calls do for each of n, on all cores.
func forEach(n int, do func(i int)) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for first := range workers {
		wait.Go(func() {
			for i := first; i < n; i += workers {
				do(i)
			}
		})
	}
	wait.Wait()
}
