package train

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/internal/steploop/steplooptest"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// The first recipe has everything that a step of a network may have: dropout and stochastic depth, augmentation, mixing, batch normalization, clipped gradients, averages of the weights,
// another rate for each step. The second has labels of teachers, and a layer that is not trained.
func TestSeveralStepsOfAnExecutionTrainAsOneAfterTheOther(t *testing.T) {
	everything := recipes.Recipe{
		Model: recipes.Model{Name: "residual", Width: 4, Dropout: 0.2, DropPath: 0.1}, Data: recipes.Data{Limit: 200, Validation: 0.2, SplitSeed: 1},
		Augmentation: recipes.Augmentation{Rotation: recipes.Within(0.1)}, Regularization: recipes.Regularization{LabelSmoothing: 0.1, CutMix: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.01, Momentum: 0.9, Nesterov: true, WeightDecay: 0.001, ClipNorm: 0.5, EMA: 0.9}, Epochs: 1, Batch: 32, Seed: 3,
	}
	t.Run("everything", func(t *testing.T) { sameInOneExecution(t, everything) })

	taught := everything
	taught.Model, taught.Augmentation = recipes.Model{Name: "half frozen"}, recipes.Augmentation{}
	taught.Regularization = recipes.Regularization{Distillation: recipes.Distillation{Weight: 0.7, Temperature: 2}}
	t.Run("teachers and a frozen layer", func(t *testing.T) {
		sameInOneExecution(t, taught, models.Network{Name: "half frozen", Logits: func(n *layers.Net, x *Node) *Node {
			n.Freeze(func(layer string) bool { return layer == "conv1" })
			x = n.MaxPool("pool1", n.Relu("relu1", n.Conv("conv1", x, 4)))
			return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
		}})
	})
}

// sameInOneExecution compares five steps of a recipe, one after the other, with the same in two executions.
func sameInOneExecution(t *testing.T, recipe recipes.Recipe, own ...recipes.Own) {
	t.Helper()
	backend := loaded(t)
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rates := []float64{0.001, 0.002, 0.003, 0.004, 0.005} // 160 images are five steps
	train := func(length int) (*program, []session.Step) {
		t.Helper()
		p, err := newProgram(backend, recipe, own, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.setImages(images.Training.Real, length); err != nil {
			t.Fatal(err)
		}
		if recipe.Regularization.Distillation.Weight > 0 {
			soft := make([]float32, images.Training.Set.Len()*fashion.NumClasses)
			for i := range soft {
				soft[i] = float32(i%7) / 30 // about one a row
			}
			p.soft = tensors.FromFlatDataAndDimensions(soft, images.Training.Set.Len(), fashion.NumClasses)
		}
		if err := p.compile(images); err != nil {
			t.Fatal(err)
		}
		feed := p.feed(images, 1)
		defer feed.Free()
		var all []session.Step
		for len(all) < feed.Steps {
			done, err := p.execute(feed, len(all), len(all), rates[len(all):min(len(all)+p.together(), len(rates))])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, done...)
		}
		return p, all
	}
	const length = 3 // the last execution has a step beyond the epoch
	one, want := train(1)
	several, got := train(length)
	if len(got) != len(want) || len(want) != len(rates) {
		t.Fatalf("%d steps were done, want %d", len(got), len(rates))
	}
	for i := range want {
		if math.Abs(got[i].Loss-want[i].Loss) > 1e-3 || got[i].Accuracy != want[i].Accuracy {
			t.Errorf("step %d with %d in an execution has %v, want %v", i+1, length, got[i], want[i])
		}
	}
	steplooptest.SameVariables(t, several.store, one.store, 1e-5, 3*len(one.names)) // parameters, averages and the optimizer's
}
