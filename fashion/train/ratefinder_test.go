package train_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/train"
)

// linear is a network of one layer.
var linear = models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
	return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
}}

func TestRateFinderGrowsTheRateUntilTheLossExplodes(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Model, r.Optimizer, r.Schedule = recipes.Model{Name: "linear"}, recipes.Optimizer{Name: "sgd", LearningRate: 0.5}, recipes.Schedule{}
	found, err := train.FindRate(r, 1e-3, 1e4, 60, linear)
	if err != nil {
		t.Fatal(err)
	}
	n := len(found.Rates)
	if n != len(found.Losses) || n >= 60 || n < 10 || !found.Exploded() {
		t.Errorf("%d rates and %d losses of 60, want as many of both, and that they end when the loss has exploded", n, len(found.Losses))
	}
	if got := math.Log(found.Rates[1] / found.Rates[0]); found.Rates[0] != 1e-3 || math.Abs(got-math.Log(1e7)/59) > 1e-9 {
		t.Errorf("the rates begin with %v", found.Rates[:2])
	}
	if first := found.Losses[0]; math.Abs(first-math.Log(10)) > 0.5 {
		t.Errorf("the first loss is %g, want about that of a guess, ln 10", first)
	}
	again, err := train.FindRate(r, 1e-3, 1e4, 60, linear)
	if err != nil || again.Losses[n-1] != found.Losses[n-1] {
		t.Errorf("a second time the last loss is %v, want %v (%v)", again.Losses[n-1], found.Losses[n-1], err)
	}
}

func TestRateFinderBeginsWithTheWeightsOfARun(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Model, r.Augmentation, r.Data.Limit = recipes.Model{Name: "linear"}, recipes.Augmentation{}, 300
	fitOwn(t, "source", r, linear)
	r.Model.Weights.Run = "source"
	found, err := train.FindRate(r, 1e-30, 1e-29, 2, linear)
	if err != nil {
		t.Fatal(err)
	}
	if first := found.Losses[0]; first > 0.6*math.Log(10) {
		t.Errorf("the first loss is %g, want less than that of a guess, ln 10", first)
	}
}

// One augmentation column could be taken for the labels, and no augmentation leaves the graph without them.
func TestRateFinderMeasuresTheLossWithTheTeachersLabels(t *testing.T) {
	needBackend(t)
	r := still()
	r.Model = recipes.Model{Name: "linear"}
	fitOwn(t, "teacher", r, linear)
	for name, augmentation := range map[string]recipes.Augmentation{"none": {}, "one column": {Brightness: recipes.Within(0.1)}} {
		r.Augmentation = augmentation
		first := func(d recipes.Distillation) float64 {
			t.Helper()
			r.Regularization.Distillation = d
			found, err := train.FindRate(r, 1e-30, 1e-29, 2, linear)
			if err != nil {
				t.Fatalf("augmentation %s: %v", name, err)
			}
			return found.Losses[0]
		}
		// A teacher of the same weights guesses as its student does: the loss is about that of a guess too, but not the same.
		taught, alone := first(recipes.Distillation{Teachers: "teacher", Weight: 1, Temperature: 1}), first(recipes.Distillation{})
		if math.Abs(taught-math.Log(10)) > 0.5 || taught == alone {
			t.Errorf("augmentation %s: the first loss is %g with a teacher, want about ln 10, and %g without", name, taught, alone)
		}
	}
}

func TestRateFinderRefusesWhatNoTrainingCouldUse(t *testing.T) {
	if _, err := train.FindRate(recipe(), 1, 0.1, 60); err == nil || !strings.Contains(err.Error(), "low < high") {
		t.Errorf("error is %v, want that the rates grow", err)
	}
	r := recipe()
	r.Batch = 0
	if _, err := train.FindRate(r, 0.1, 1, 60); err == nil {
		t.Error("a recipe without a batch is no error")
	}
}
