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

func TestRateFinderGrowsTheRateUntilTheLossExplodes(t *testing.T) {
	needBackend(t)
	linear := models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
	}}
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
