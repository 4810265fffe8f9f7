package hyperband

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Synthetic simulates learning curves, to study searches where each costs nothing and the best answer is known. Its accuracy rises
// as 0.1 + (final-0.1) (1 - exp(-speed epoch)), with noise on each epoch.
type Synthetic struct {
	// Late makes good configurations slow: the better the final accuracy, the later it shows. Without it all are equally fast,
	// and the first epochs tell what the last will say.
	Late  bool
	Noise float64 // standard deviation of an epoch's accuracy
	Seed  uint64  // of the noise
}

// Point is a configuration of a Synthetic: four numbers from 0 to 1.
type Point [4]float64

// SyntheticSpace draws points.
func SyntheticSpace() Space[Point] {
	var s Space[Point]
	for i, name := range []string{"a", "b", "c", "d"} {
		s = append(s, Range(name, func(p *Point, v float64) { p[i] = v }, 0, 1))
	}
	return s
}

// BestFinal is the largest final accuracy that a point has.
const BestFinal = 0.95

// Final is the accuracy of a point after endless training, without noise. It falls from BestFinal with the distance from one point.
func (s Synthetic) Final(p Point) float64 {
	distance := 0.0
	for i, v := range p {
		d := v - []float64{0.3, 0.7, 0.5, 0.2}[i]
		distance += d * d
	}
	return 0.1 + (BestFinal-0.1)*math.Exp(-1.5*distance)
}

// Train is a Worker.
func (s Synthetic) Train(p Point, epochs int) ([]float64, error) {
	final, speed := s.Final(p), 0.15
	if s.Late {
		speed = 0.02 + 0.5*math.Pow(BestFinal-final, 0.7)
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

// Strategy is a way to spend epochs.
type Strategy struct {
	Name    string
	Epochs  int       // spent in one search
	Regrets []float64 // how far the final accuracy of the found point lies below BestFinal, in each of the searches
}

// Strategies compares Hyperband with random search and with its own most eager bracket alone, repeated, over so many seeds: all
// spend as many epochs as one Hyperband does, rounded down to whole brackets.
func (s Synthetic) Strategies(R, eta, seeds int) ([]Strategy, error) {
	table, err := Brackets(R, eta, Algorithm1)
	if err != nil {
		return nil, err
	}
	budget := Cost(table).Epochs
	var eager []Bracket
	for len(eager) < max(1, budget/Cost(table[:1]).Epochs) {
		eager = append(eager, table[0])
	}
	list := []Strategy{
		{Name: "random search", Epochs: budget / R * R},
		{Name: "successive halving", Epochs: Cost(eager).Epochs},
		{Name: "Hyperband", Epochs: budget},
	}
	for i, brackets := range [][]Bracket{RandomSearch(budget/R, R), eager, table} {
		for seed := range seeds {
			problem := s
			problem.Seed = uint64(seed)
			search := Search[Point]{Brackets: brackets, Space: SyntheticSpace(), Seed: uint64(seed)}
			found, err := search.Run(nil, problem.Train)
			if err != nil {
				return nil, err
			}
			list[i].Regrets = append(list[i].Regrets, BestFinal-s.Final(found.Ranking()[0].Config))
		}
	}
	return list, nil
}
