package demo

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Neighbours finds the training images that are nearest to another by the cosine similarity of the first member's features. The similarity of the
// sixth nearest is the image's k-nearest-neighbour similarity: where it is below the threshold, the image is likely out of distribution, whatever
// class the models predict.
type Neighbours struct {
	Threshold float64 // the similarity that 5% of the validation images stay below

	set   fashion.Set
	index *metrics.CosineIndex // of the set's features
}

const (
	nearestShown    = 6   // k of the similarity, and how many neighbours the page shows
	thresholdImages = 500 // validation images that set the threshold
)

// Neighbour is an image of a set with the cosine similarity of its features, -1 to 1.
type Neighbour struct {
	Row        int // in the set
	Image      fashion.Image
	Label      fashion.Label
	Similarity float64
}

// Neighbours prepares the search in the first n training images of the 60,000 that the first member was not validated on. It takes about half a
// second for 1,000 images on two cores. It is an error if the member was split from other images.
func (e *Ensemble) Neighbours(all fashion.Set, n int) (*Neighbours, error) {
	validation, err := e.Members[0].Run.Predictions(run.Validation)
	if err != nil {
		return nil, err
	}
	inValidation := map[int]bool{}
	for _, i := range validation.Indices {
		if int(i) >= all.Len() {
			return nil, fmt.Errorf("%d training images, want those that %s was split from: one of its validation images is number %d", all.Len(), e.Members[0].Name(), i)
		}
		inValidation[int(i)] = true
	}
	var searched, held []int
	for i := range all.Images {
		switch {
		case !inValidation[i] && len(searched) < n:
			searched = append(searched, i)
		case inValidation[i] && len(held) < thresholdImages:
			held = append(held, i)
		}
	}
	s := &Neighbours{set: all.Take(searched)}
	features, err := e.Features(s.set.Images)
	if err != nil {
		return nil, err
	}
	if s.index, err = metrics.NewCosineIndex(features); err != nil {
		return nil, err
	}
	rows, err := e.Features(all.Take(held).Images)
	if err != nil {
		return nil, err
	}
	similarities, err := s.index.KthSimilarity(rows, min(nearestShown, s.index.Len()))
	if err != nil {
		return nil, err
	}
	if len(similarities) > 0 {
		s.Threshold = metrics.Percentile(similarities, 5)
	}
	return s, nil
}

// Similarity is the k-nearest-neighbour similarity of an image with those features: the cosine similarity of its sixth nearest neighbour.
func (n *Neighbours) Similarity(features []float32) float64 {
	return kthSimilarity(n.Nearest(features, nearestShown))
}

func kthSimilarity(nearest []Neighbour) float64 { return nearest[len(nearest)-1].Similarity }

// Nearest are the k nearest neighbours of an image with those features, the nearest first, or all if they are fewer. It panics on features that the
// first member cannot have given: another number of them, or NaN.
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
