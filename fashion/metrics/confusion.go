package metrics

import (
	"cmp"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// Confusion counts images by true class (row) and predicted class (column).
type Confusion struct {
	Counts  [][]int
	Classes fashion.Classes // their names; nil for Fashion-MNIST
}

// NewConfusion counts predictions.
func NewConfusion(p run.Predictions) Confusion {
	c := Confusion{make([][]int, p.NumClasses()), p.Classes}
	for k := range c.Counts {
		c.Counts[k] = make([]int, len(c.Counts))
	}
	for i, label := range p.Labels {
		c.Counts[label][p.Predicted(i)]++
	}
	return c
}

// Total is the number of images.
func (c Confusion) Total() int {
	n := 0
	for _, row := range c.Counts {
		for _, count := range row {
			n += count
		}
	}
	return n
}

// ClassScore is how well one class is recognized. A ratio without cases is 0.
type ClassScore struct {
	Class     fashion.Label
	Precision float64 // of the images predicted as the class, the fraction that belong to it
	Recall    float64 // of the images of the class, the fraction predicted as it
	F1        float64 // their harmonic mean
	Support   int     // images of the class
}

// ByClass scores each class.
func (c Confusion) ByClass() []ClassScore {
	scores := make([]ClassScore, len(c.Counts))
	for k := range scores {
		called, is := 0, 0
		for j := range c.Counts {
			called += c.Counts[j][k]
			is += c.Counts[k][j]
		}
		s := ClassScore{Class: fashion.Label(k), Support: is}
		s.Precision, s.Recall = ratio(c.Counts[k][k], called), ratio(c.Counts[k][k], is)
		if s.Precision+s.Recall > 0 {
			s.F1 = 2 * s.Precision * s.Recall / (s.Precision + s.Recall)
		}
		scores[k] = s
	}
	return scores
}

// Hardest returns the rows and columns of the n classes with the lowest recall, in the classes' order; all if there are no more.
func (c Confusion) Hardest(n int) Confusion {
	if len(c.Counts) <= n {
		return c
	}
	scores := c.ByClass()
	slices.SortStableFunc(scores, func(a, b ClassScore) int { return cmp.Compare(a.Recall, b.Recall) })
	scores = scores[:n]
	slices.SortFunc(scores, func(a, b ClassScore) int { return cmp.Compare(a.Class, b.Class) })
	var h Confusion
	for _, a := range scores {
		var row []int
		for _, b := range scores {
			row = append(row, c.Counts[a.Class][b.Class])
		}
		h.Counts, h.Classes = append(h.Counts, row), append(h.Classes, c.Classes.Name(a.Class))
	}
	return h
}

// MacroF1 is the mean of the classes' F1.
func (c Confusion) MacroF1() float64 {
	sum := 0.0
	for _, s := range c.ByClass() {
		sum += s.F1
	}
	return sum / float64(len(c.Counts))
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Pair is two classes and how many images of each were taken for the other.
type Pair struct {
	A, B  fashion.Label // A < B
	Count int
}

// MostConfused lists the pairs of classes that were confused at all, the most often confused first.
func (c Confusion) MostConfused() []Pair {
	var pairs []Pair
	for a := range c.Counts {
		for b := a + 1; b < len(c.Counts); b++ {
			if n := c.Counts[a][b] + c.Counts[b][a]; n > 0 {
				pairs = append(pairs, Pair{fashion.Label(a), fashion.Label(b), n})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y Pair) int { return cmp.Compare(y.Count, x.Count) })
	return pairs
}
