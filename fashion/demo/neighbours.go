package demo

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Neighbours finds training images that look most like another to a panel's first member. An image to which none comes near is likely none of the
// classes, whatever the models say.
type Neighbours struct {
	Strange float64 // an image whose shownNeighbours-th neighbour is less alike is like few: so are one in twenty of the validation images

	set   fashion.Set
	index *metrics.CosineIndex // of the set's features
}

const (
	shownNeighbours = 6
	judged          = 500 // validation images that Strange is found on
)

// Neighbour is an image of a set, and how alike its features are: the cosine of the angle between them.
type Neighbour struct {
	Row   int // in the set
	Image fashion.Image
	Label fashion.Label
	Alike float64
}

// Neighbours prepares a search in n of the 60,000 training images, none of which the first member was validated on. It takes about half a second for 1,000 images on two
// cores.
func (p *Panel) Neighbours(all fashion.Set, n int) (*Neighbours, error) {
	held, err := p.Members[0].Run.Predictions(run.Validation)
	if err != nil {
		return nil, err
	}
	isHeld := map[int]bool{}
	for _, i := range held.Indices {
		if int(i) >= all.Len() {
			return nil, fmt.Errorf("%d training images, want those that %s was split from: one of its validation images is number %d", all.Len(), p.Members[0].Name(), i)
		}
		isHeld[int(i)] = true
	}
	var searched, judgedOn []int
	for i := range all.Images {
		switch {
		case !isHeld[i] && len(searched) < n:
			searched = append(searched, i)
		case isHeld[i] && len(judgedOn) < judged:
			judgedOn = append(judgedOn, i)
		}
	}
	s := &Neighbours{set: all.Take(searched)}
	features, err := p.Members[0].model.Features(s.set.Images)
	if err != nil {
		return nil, err
	}
	if s.index, err = metrics.NewCosineIndex(features); err != nil {
		return nil, err
	}
	rows, err := p.Members[0].model.Features(all.Take(judgedOn).Images)
	if err != nil {
		return nil, err
	}
	familiar, err := s.index.KthSimilarity(rows, min(shownNeighbours, s.index.Len()))
	if err != nil {
		return nil, err
	}
	if len(familiar) > 0 {
		s.Strange = metrics.Percentile(familiar, 5)
	}
	return s, nil
}

// Alike is how alike the shownNeighbours-th neighbour of an image with those features is, a score of how familiar it looks.
func (n *Neighbours) Alike(features []float32) float64 {
	return alike(n.Nearest(features, shownNeighbours))
}

// alike is that of the last neighbour.
func alike(nearest []Neighbour) float64 { return nearest[len(nearest)-1].Alike }

// Nearest are the k most alike, the nearest first, to an image of those features, or all if they are fewer. It panics on features that the panel's first member
// cannot have given: another number of them, or what is no number.
func (n *Neighbours) Nearest(features []float32, k int) []Neighbour {
	found, err := n.index.Nearest([][]float32{features}, min(k, n.index.Len()))
	if err != nil {
		panic(err)
	}
	var list []Neighbour
	for _, near := range found[0] {
		list = append(list, Neighbour{near.Row, n.set.Images[near.Row], n.set.Labels[near.Row], near.Cosine})
	}
	return list
}
