package fewshot_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/fewshot"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// clouds are n points of each of three classes around the corners of a triangle, with a feature that is always 7.
func clouds(n int, seed uint64) (e fewshot.Embedded) {
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 3 * n {
		sin, cos := math.Sincos(float64(i%3) * 2 * math.Pi / 3)
		e.Features = append(e.Features, []float32{float32(cos + 0.3*r.NormFloat64()), 100 * float32(sin+0.3*r.NormFloat64()), 7})
		e.Labels = append(e.Labels, fashion.Label(i%3))
	}
	return e
}

func TestBothFindWhatIsApart(t *testing.T) {
	train, test := clouds(10, 1), clouds(60, 2)
	for name, predict := range map[string]func() (run.Predictions, error){
		"nearest neighbours": func() (run.Predictions, error) { return fewshot.NearestNeighbours(train, test, 5) },
		"linear probe":       func() (run.Predictions, error) { return fewshot.LinearProbe(train, test, 0.01) },
	} {
		p, err := predict()
		if err != nil {
			t.Fatal(err)
		}
		if a := metrics.Accuracy(p); name == "linear probe" && a.Value < 0.95 || a.Value < 0.75 {
			t.Errorf("%s: the accuracy is %v", name, a)
		}
		for i, row := range p.Probabilities {
			if sum := row[0] + row[1] + row[2]; math.Abs(float64(sum)-1) > 1e-5 || p.Indices[i] != int32(i) {
				t.Fatalf("%s: image %d has the probabilities %v", name, p.Indices[i], row)
			}
		}
	}
}

// For two points at -1 and 1 the optimality condition is l2 w = p, with p the probability of the wrong class: of weights (-w, w), p = 1/(1+exp(2w)).
func TestTheProbeIsAtTheMinimumOfTheLoss(t *testing.T) {
	two := fewshot.Embedded{Features: [][]float32{{-1}, {1}}, Labels: []fashion.Label{0, 1}}
	const l2 = 0.1
	p, err := fewshot.LinearProbe(two, two, l2)
	if err != nil {
		t.Fatal(err)
	}
	wrong := float64(p.Probabilities[0][1])
	w := math.Log(1/wrong-1) / 2
	if math.Abs(l2*w-wrong) > 1e-4 {
		t.Errorf("the wrong class has the probability %g, the weight is %g: l2 w is %g, want the probability", wrong, w, l2*w)
	}
}

func TestTheNearestOfFewNeighboursDecidesATie(t *testing.T) {
	train := fewshot.Embedded{Features: [][]float32{{1, 0}, {0, 1}}, Labels: []fashion.Label{1, 0}}
	test := fewshot.Embedded{Features: [][]float32{{2, 1}, {1, 2}}, Labels: []fashion.Label{1, 0}}
	if p, err := fewshot.NearestNeighbours(train, test, 5); err != nil || p.Correct() != 2 {
		t.Errorf("%+v (%v)", p, err)
	}
}

func TestWhatNothingCanBeLearnedFromIsAnError(t *testing.T) {
	good := clouds(2, 1)
	for name, bad := range map[string]fewshot.Embedded{
		"no images":    {},
		"one class":    {Features: good.Features, Labels: make([]fashion.Label, 6)},
		"fewer labels": {Features: good.Features, Labels: good.Labels[:5]},
		"ragged rows":  {Features: [][]float32{{1, 2}, {1}}, Labels: []fashion.Label{0, 1}},
		"no number":    {Features: [][]float32{{1, 2, 3}, {float32(math.NaN()), 2, 3}}, Labels: []fashion.Label{0, 1}},
		"other widths": {Features: [][]float32{{1, 2}, {2, 1}}, Labels: []fashion.Label{0, 1}},
	} {
		if _, err := fewshot.NearestNeighbours(bad, good, 1); err == nil {
			t.Errorf("%s: neighbours are found", name)
		}
		if _, err := fewshot.LinearProbe(bad, good, 1); err == nil {
			t.Errorf("%s: a probe is fitted", name)
		}
		if len(bad.Features) != len(good.Features) { // the labels of test images are not learned
			if _, err := fewshot.LinearProbe(good, bad, 1); err == nil {
				t.Errorf("%s: a probe predicts", name)
			}
		}
	}
	if _, err := fewshot.LinearProbe(good, good, 0); err == nil {
		t.Error("a probe is fitted without a penalty")
	}
}

func TestPredictionsHaveTheNamesOfTheClassesThatWereLearned(t *testing.T) {
	train, test := clouds(10, 1), clouds(2, 2)
	train.Classes = fashion.Classes{"circle", "square", "triangle"}
	neighbours, err := fewshot.NearestNeighbours(train, test, 3)
	if err != nil {
		t.Fatal(err)
	}
	probe, err := fewshot.LinearProbe(train, test, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []run.Predictions{neighbours, probe} {
		if got := metrics.NewConfusion(p).Classes.Name(1); got != "square" {
			t.Errorf("class 1 is named %q", got)
		}
	}
	if _, err := fewshot.LinearProbe(train, test, math.NaN()); err == nil {
		t.Error("a penalty that is not a number is no error")
	}
}
