package run

import (
	"errors"
	"path/filepath"
	"testing"

	"fashionlab/fashion/recipes"
)

// A search asks for a cosine by the steps of its longest trial; the last promotion makes it one over the whole training.
func TestCosineOfKnownStepsIsExtendedToAllOfThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trial")
	recipe := recipes.Recipe{Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 3, Batch: 64}
	recipe.Schedule = recipes.Schedule{Name: "cosine", DecaySteps: recipe.Steps()}
	for _, epochs := range []int{1, 3, 3} {
		recipe.Epochs = epochs
		r, err := Extend(dir, recipe)
		if err != nil {
			t.Fatalf("to %d epochs: %v", epochs, err)
		}
		if err := errors.Join(r.SaveHistory(make([]Epoch, epochs)), r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	recipe.Epochs = 4 // beyond the cosine
	recipe.Schedule.DecaySteps = 0
	if _, err := Extend(dir, recipe); err == nil {
		t.Error("a cosine over the whole training was extended")
	}
}
