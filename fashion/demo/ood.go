package demo

import (
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/scene"
)

// Kind is a kind of out-of-distribution pictures, prepared as photos.
type Kind struct {
	Name   string
	Photos []photo.Prepared
}

// OutOfDistribution draws n pictures of each of five kinds; there are 300 digits at most. Digits, noise and textures are images of 28x28 pixels already. An object or a line drawing in which the
// preparation finds nothing is left out.
func OutOfDistribution(n int, seed uint64) []Kind {
	digits := scene.Digits()
	kinds := []Kind{
		{"digits", AsPhotos(digits[:min(n, len(digits))])}, {"noise", AsPhotos(scene.Noise(n, seed))}, {"textures", AsPhotos(scene.Textures(n, seed))},
		{Name: "objects"}, {Name: "line drawings"},
	}
	for k, pictures := range [][]scene.Object{scene.Objects(n, seed), scene.Drawings(n, seed)} {
		for _, o := range pictures {
			if p, err := photo.Prepare(o.Picture); err == nil {
				kinds[3+k].Photos = append(kinds[3+k].Photos, p)
			}
		}
	}
	return kinds
}

// AsPhotos takes images as photos that need no preparation.
func AsPhotos(images []fashion.Image) (list []photo.Prepared) {
	for _, img := range images {
		list = append(list, photo.Prepared{Image: img})
	}
	return list
}

// Detection says how well out-of-distribution pictures of a kind are told from items.
type Detection struct {
	Kind                  string
	Photos                int
	Accepted, NoneOfThese int     // by the decisions
	AUROC                 float64 // of the out-of-distribution score on which the decisions depend
	Confidence            Baseline
	Energy                Baseline
}

// Baseline is a score from the literature in the place of a decision.
type Baseline struct {
	AUROC    float64
	Accepted int // by a threshold with as many false alarms as the decisions have
}

// Detect compares the decisions with two baselines: the maximum softmax probability, which is the ensemble's confidence (Hendrycks and Gimpel, "A Baseline for Detecting Misclassified and
// Out-of-Distribution Examples in Neural Networks", 2017), and the energy of the first member's logits (Liu, Wang, Owens and Li, "Energy-based Out-of-distribution Detection", 2020). inside are items; alarms
// counts those of them that are not accepted.
func (e *Ensemble) Detect(inside []fashion.Image, kinds []Kind) (list []Detection, alarms int, err error) {
	items, err := e.scored(AsPhotos(inside))
	if err != nil {
		return nil, 0, err
	}
	alarms = len(inside) - items.accepted
	for _, k := range kinds {
		s, err := e.scored(k.Photos)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, Detection{k.Name, len(k.Photos), s.accepted, s.none, metrics.AUROC(items.combined, s.combined),
			baseline(items.confidence, s.confidence, alarms), baseline(items.energy, s.energy, alarms)})
	}
	return list, alarms, nil
}

// scored are scores of photos, small where they are doubtful, and counts of decisions.
type scored struct {
	confidence, energy, combined []float64
	accepted, none               int
}

func (e *Ensemble) scored(photos []photo.Prepared) (s scored, err error) {
	predictions, err := e.Classify(photos)
	if err != nil {
		return s, err
	}
	logits, err := e.Members[0].model.LogitsOf(e.images(photos))
	if err != nil {
		return s, err
	}
	for i, p := range predictions {
		s.confidence = append(s.confidence, float64(p.Probabilities[Ranking(p.Probabilities)[0]]))
		s.energy = append(s.energy, metrics.NegativeEnergy(logits[i]))
		s.combined = append(s.combined, -p.Score)
		switch p.Decision {
		case Classified:
			s.accepted++
		case NoneOfThese:
			s.none++
		}
	}
	return s, nil
}

// baseline accepts others whose score is above those of the least certain items, as many as the alarms.
func baseline(items, others []float64, alarms int) Baseline {
	b := Baseline{AUROC: metrics.AUROC(items, others)}
	sorted := slices.Sorted(slices.Values(items))
	for _, v := range others {
		if alarms == 0 || v > sorted[alarms-1] {
			b.Accepted++
		}
	}
	return b
}
