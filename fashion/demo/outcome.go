package demo

import (
	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/scene"
)

// Outcome counts what an ensemble makes of photos of items whose classes are known.
type Outcome struct {
	Photos           int
	Correct          int // the most probable class is the true one, whatever the decision
	Refused          int // the preparation finds no item
	NotSure          int
	NoneOfThese      int
	ConfidentlyWrong int // a wrong class is accepted
}

// Evaluate renders each item of a set in a scene and classifies the photos.
func (e *Ensemble) Evaluate(s scene.Scene, set fashion.Set, seed uint64) (Outcome, error) {
	o := Outcome{Photos: set.Len()}
	list, err := s.Prepare(set, seed)
	if err != nil {
		return o, err
	}
	var photos []photo.Prepared
	var labels []fashion.Label
	for i, p := range list {
		if p == nil {
			o.Refused++
			continue
		}
		photos, labels = append(photos, *p), append(labels, set.Labels[i])
	}
	predictions, err := e.Classify(photos)
	for i, p := range predictions {
		correct := Ranking(p.Probabilities)[0] == labels[i]
		switch {
		case p.Decision == NotSure:
			o.NotSure++
		case p.Decision == NoneOfThese:
			o.NoneOfThese++
		case !correct:
			o.ConfidentlyWrong++
		}
		if correct {
			o.Correct++
		}
	}
	return o, err
}
