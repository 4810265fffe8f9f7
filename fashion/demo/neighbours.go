package demo

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
)

// Neighbours finds the training images that are nearest to another by the cosine similarity of the first member's features. The similarity of the
// sixth nearest is the image's k-nearest-neighbour similarity (Sun, Ming, Zhu and Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", 2022): where it is small, the image is likely out of distribution, whatever
// class the models predict. The Mahalanobis distance to the nearest class complements it: bags differ so much from one another that a texture, which the models take for a
// bag, is about as similar to training images as a bag is.
type Neighbours struct {
	set     fashion.Set
	index   *metrics.CosineIndex // of the set's features
	classes *metrics.ClassNormals
	judge   judge // by the validation images, what compares them with training images included
}

const (
	nearestShown    = 6    // k of the similarity, and how many neighbours the page shows
	referenceImages = 1000 // validation images that a similarity is compared with
)

// Neighbour is an image of a set with the cosine similarity of its features, -1 to 1.
type Neighbour struct {
	Row        int           // in the set
	Image      fashion.Image // of Fashion-MNIST's shape only
	Label      fashion.Label
	Similarity float64
}

// Neighbours prepares the search in n of the training images that are not among the validation images which the members have in common: the first of Fashion-MNIST, whose order is random;
// of a data set of one's own, which may be sorted by class, some at equal distances. It takes about half a second for 1,000 images on two cores. It is an error if the member was split from
// other images.
func (e *Ensemble) Neighbours(all fashion.Set, n int) (*Neighbours, error) {
	inValidation := map[int]bool{}
	for _, i := range e.indices {
		if int(i) >= all.Len() {
			return nil, fmt.Errorf("%d training images, want those that %s was split from: one of its validation images is number %d", all.Len(), e.Members[0].Name(), i)
		}
		inValidation[int(i)] = true
	}
	spread := e.Data.Set != ""
	var others, searched, held []int
	var list []evidence
	for i := range all.Len() {
		if !inValidation[i] {
			others = append(others, i)
		}
	}
	for _, i := range fashion.Some(len(others), n, spread) {
		searched = append(searched, others[i])
	}
	for _, i := range fashion.Some(len(e.indices), referenceImages, spread) {
		held, list = append(held, int(e.indices[i])), append(list, e.validation[i])
	}
	s := &Neighbours{set: all.Take(searched)}
	features, err := e.features(s.set)
	if err != nil {
		return nil, err
	}
	if s.index, err = metrics.NewCosineIndex(features); err != nil {
		return nil, err
	}
	if s.classes, err = metrics.FitClassNormals(features, s.set.Labels); err != nil {
		return nil, err
	}
	rows, err := e.features(all.Take(held))
	if err != nil {
		return nil, err
	}
	similarities, err := s.index.KthSimilarity(rows, min(nearestShown, s.index.Len()))
	if err != nil {
		return nil, err
	}
	for i, similarity := range similarities {
		list[i].similarity, list[i].closeness = similarity, -s.Distance(rows[i])
	}
	s.judge = newJudge(list, len(e.Members) > 1, true)
	return s, nil
}

// AddNeighbours has decisions take the nearest of n training images into account from now on, see Neighbours. A server may serve meanwhile.
func (e *Ensemble) AddNeighbours(all fashion.Set, n int) error {
	near, err := e.Neighbours(all, n)
	if err == nil {
		e.near.Store(near)
	}
	return err
}

// Similarity is the k-nearest-neighbour similarity of an image with those features: the cosine similarity of its sixth nearest neighbour.
func (n *Neighbours) Similarity(features []float32) float64 {
	nearest := n.Nearest(features, nearestShown)
	return nearest[len(nearest)-1].Similarity
}

// Distance is the Mahalanobis distance of an image with those features to the nearest class of the training images, see metrics.ClassNormals.
func (n *Neighbours) Distance(features []float32) float64 { return n.classes.Distance(features) }

// Nearest are the k nearest neighbours of an image with those features, the nearest first, or all if they are fewer. It panics on features that the
// first member cannot have given: another number of them, or NaN.
func (n *Neighbours) Nearest(features []float32, k int) []Neighbour {
	found, err := n.index.Nearest([][]float32{features}, min(k, n.index.Len()))
	if err != nil {
		panic(err)
	}
	var list []Neighbour
	for _, near := range found[0] {
		list = append(list, Neighbour{Row: near.Row, Label: n.set.Labels[near.Row], Similarity: near.Cosine})
		if n.set.Images != nil {
			list[len(list)-1].Image = n.set.Images[near.Row]
		}
	}
	return list
}
