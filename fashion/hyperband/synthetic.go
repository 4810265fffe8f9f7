package hyperband

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Synthetic simulates learning curves, with which searches are studied at no cost: the best configuration is known. The accuracy rises as
// 0.1 + (final-0.1) (1 - exp(-speed epoch)), with noise on each epoch.
type Synthetic struct {
	// SlowStarters makes good configurations learn slowly: the higher the final accuracy, the lower the speed. Otherwise all learn equally
	// fast, and the first epochs predict the last.
	SlowStarters bool
	Noise        float64 // standard deviation of an epoch's accuracy
	Seed         uint64  // of the noise
}

// Point is a configuration of a Synthetic: four numbers from 0 to 1.
type Point [4]float64

// SyntheticSpace returns the search space of points.
func SyntheticSpace() Space[Point] {
	var s Space[Point]
	for i, name := range []string{"a", "b", "c", "d"} {
		s = append(s, Range(name, func(p *Point, v float64) { p[i] = v }, 0, 1))
	}
	return s
}

// bestFinal is the largest final accuracy of a point.
const bestFinal = 0.95

// Final returns the accuracy that a point approaches with more and more epochs, without noise. It falls from 0.95 with the distance from the
// best point.
func (s Synthetic) Final(p Point) float64 {
	distance := 0.0
	for i, v := range p {
		d := v - []float64{0.3, 0.7, 0.5, 0.2}[i]
		distance += d * d
	}
	return 0.1 + (bestFinal-0.1)*math.Exp(-1.5*distance)
}

// Train is a Worker.
func (s Synthetic) Train(p Point, epochs int) ([]float64, error) {
	final, speed := s.Final(p), 0.15
	if s.SlowStarters {
		speed = 0.02 + 0.5*math.Pow(bestFinal-final, 0.7)
	}
	seed, err := binary.Append(nil, binary.LittleEndian, p)
	if err != nil {
		return nil, err
	}
	noise := rand.New(rand.NewChaCha8(sha256.Sum256(binary.LittleEndian.AppendUint64(seed, s.Seed))))
	scores := make([]float64, epochs)
	for e := range scores {
		scores[e] = 0.1 + (final-0.1)*(1-math.Exp(-speed*float64(e+1))) + s.Noise*noise.NormFloat64()
	}
	return scores, nil
}

// Strategies compares strategies on simulated problems, one for each seed. A regret is 0.95, the best possible final accuracy, less that of the configuration that
// was found.
func (s Synthetic) Strategies(R, eta, seeds int) ([]Strategy, error) {
	search := func(brackets []Bracket, seed uint64) Search[Point] {
		return Search[Point]{Brackets: brackets, Space: SyntheticSpace(), Seed: seed}
	}
	train := func(seed uint64) Worker[Point] {
		problem := s
		problem.Seed = seed
		return problem.Train
	}
	return compare(R, eta, seeds, search, train, func(p Point) float64 { return bestFinal - s.Final(p) })
}
