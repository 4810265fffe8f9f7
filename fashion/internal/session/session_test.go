package session

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

func TestEpochWhoseParametersAreNotFiniteIsNotSaved(t *testing.T) {
	recipe := recipes.Recipe{
		Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Limit: 60, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.5}, Epochs: 2, Batch: 16, Seed: 3,
	}
	r, err := run.Begin(t.TempDir(), recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := Session{Run: r, State: run.State{Recipe: r.Recipe, Step: 3}, config: Config{Best: run.MostAccurate}}
	kernel := layers.Path("hidden/kernel")
	store := model.NewStore()
	store.VariableWithValue(optim.SlotPath(kernel, "v"), []float32{float32(math.Inf(1))}) // which only stops its parameter
	store.VariableWithValue(kernel, []float32{1, 2, 3})
	save := func(epoch int) error { return s.Save(store, run.Epoch{Epoch: epoch, LearningRate: 0.5}) }
	if err := save(1); err != nil {
		t.Fatal(err)
	}
	for _, value := range []float64{math.NaN(), math.Inf(-1)} {
		if err := store.GetVariable(kernel).SetValue(tensors.FromFlatDataAndDimensions([]float32{1, float32(value), 3}, 3)); err != nil {
			t.Fatal(err)
		}
		err := save(2)
		var diverged *DivergedError
		if !errors.As(err, &diverged) || diverged.What != "a value of hidden/kernel" || diverged.Step != 3 || diverged.Epoch != 2 {
			t.Errorf("%v: the error is %v, want that hidden/kernel is not finite at step 3 of epoch 2", value, err)
		}
		if c, found, err := r.LoadCheckpoint(run.Last); !found || len(c.State.History) != 1 || len(s.State.History) != 1 || len(r.History) != 1 {
			t.Errorf("%v: the checkpoint has the history %v (%v), and the run %v, want one epoch", value, c.State.History, err, r.History)
		}
	}
}
