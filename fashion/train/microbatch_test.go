package train

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/recipes"
)

// loaded is the backend, without which a test cannot run.
func loaded(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := infer.Backend()
	if err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	return backend
}

func TestMicroBatchesTrainAsTheWholeBatch(t *testing.T) {
	backend := loaded(t)
	recipe := recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.2}, Data: recipes.Data{Limit: 260, Validation: 0.2, SplitSeed: 1},
		Augmentation: recipes.Augmentation{Rotation: recipes.Within(0.1)},
		Optimizer:    recipes.Optimizer{Name: "sgd", LearningRate: 0.01}, Epochs: 1, Batch: 128, Seed: 3,
	}
	microBatchesTrainAsTheWholeBatch(t, backend, recipe)
}

func TestMicroBatchesOfMixedImagesTrainAsTheWholeBatch(t *testing.T) {
	microBatchesTrainAsTheWholeBatch(t, loaded(t), recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.2}, Data: recipes.Data{Limit: 260, Validation: 0.2, SplitSeed: 1},
		Augmentation: recipes.Augmentation{Rotation: recipes.Within(0.1)}, Regularization: recipes.Regularization{LabelSmoothing: 0.1, CutMix: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.01, ClipNorm: 0.5, EMA: 0.9}, Epochs: 1, Batch: 128, Seed: 3,
	})
}

func microBatchesTrainAsTheWholeBatch(t *testing.T, backend compute.Backend, recipe recipes.Recipe) {
	t.Helper()
	var values [2][]float32
	var losses [2]float64
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	feed := session.NewFeed(images.Training, recipe, 1)
	for i, size := range []int{128, 32} { // 208 images: the second batch is filled up
		p, err := newProgram(backend, recipe, nil, size == 32)
		if err != nil {
			t.Fatal(err)
		}
		p.images = images.Training.Real
		if err := p.compile(images); err != nil {
			t.Fatal(err)
		}
		if divided := p.micro != nil; divided != (size == 32) {
			t.Fatalf("with micro-batches of %d the batch is divided: %v", size, divided)
		}
		for step := range 2 {
			done, err := p.train(feed, step, step, recipe.Optimizer.LearningRate)
			if err != nil {
				t.Fatal(err)
			}
			losses[i] += done.Loss
		}
		for _, name := range p.names {
			value, err := p.store.GetVariable(name).Value()
			if err != nil {
				t.Fatal(err)
			}
			values[i] = append(values[i], tensors.MustCopyFlatData[float32](value)...)
		}
	}
	if math.Abs(losses[0]-losses[1]) > 1e-3 || losses[0] < 100 {
		t.Errorf("losses are %v of whole batches and %v of micro-batches", losses[0], losses[1])
	}
	for i, want := range values[0] {
		if got := values[1][i]; math.Abs(float64(got-want)) > 1e-5 {
			t.Fatalf("parameter %d is %v with micro-batches, want %v", i, got, want)
		}
	}
}

func TestMicroBatchesDivideABatch(t *testing.T) {
	backend := loaded(t)
	for batch, want := range map[int]int{1: 1, 16: 16, 32: 32, 64: 32, 512: 32, 100: 25, 48: 24, 37: 37, 94: 94} {
		if got := microBatch(backend, batch, false); got != want {
			t.Errorf("a batch of %d is divided into micro-batches of %d, want %d", batch, got, want)
		}
		if got := microBatch(backend, batch, true); got != batch {
			t.Errorf("a batch of %d that is wanted whole is divided into %d", batch, got)
		}
	}
}
