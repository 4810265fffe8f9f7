package demo

import (
	"slices"

	"fashionlab/fashion"
)

// Neighbours finds the images of a set that look most like another to a panel's first member.
type Neighbours struct {
	set      fashion.Set
	features [][]float32 // of length 1 each
}

// Neighbour is an image of a set, and how alike its features are: the cosine of the angle between them.
type Neighbour struct {
	Row   int // in the set
	Image fashion.Image
	Label fashion.Label
	Alike float64
}

// Neighbours prepares a search in a set. It takes about half a second for 1,000 images on two cores.
func (p *Panel) Neighbours(set fashion.Set) (*Neighbours, error) {
	features, err := p.Members[0].model.Features(set)
	if err != nil {
		return nil, err
	}
	for _, row := range features {
		normalize(row)
	}
	return &Neighbours{set, features}, nil
}

// Nearest are the k most alike, the nearest first, to an image of those features.
func (n *Neighbours) Nearest(features []float32, k int) []Neighbour {
	wanted := slices.Clone(features)
	normalize(wanted)
	var best []Neighbour
	for row, f := range n.features {
		alike := dot(wanted, f)
		if len(best) == k && alike <= best[k-1].Alike {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, alike, func(b Neighbour, v float64) int {
			if b.Alike >= v {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, Neighbour{row, n.set.Images[row], n.set.Labels[row], alike})
		best = best[:min(k, len(best))]
	}
	return best
}
