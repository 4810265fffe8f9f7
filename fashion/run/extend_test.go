package run

import (
	"errors"
	"path/filepath"
	"strings"
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

func TestErrorOfMoreEpochsNamesTheFunctionThatTrainsTheRunOn(t *testing.T) {
	for _, c := range []struct {
		change func(*recipes.Recipe)
		want   string // "" for no advice
	}{
		{func(*recipes.Recipe) {}, "\n  epochs: 3 != 5\ntrain.Extend trains it on; otherwise choose another name, or remove the folder to train anew"},
		{func(r *recipes.Recipe) { r.GAN = recipes.GAN{Loss: "hinge", DiscriminatorRate: 1} }, "gan.Extend trains it on"},
		{func(r *recipes.Recipe) { r.Schedule.Name = "cosine" }, ""},
		{func(r *recipes.Recipe) { r.Epochs = 6 }, ""},
	} {
		recipe := recipes.Recipe{Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 3, Batch: 64}
		c.change(&recipe)
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Begin(dir, recipe)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.SaveHistory(make([]Epoch, 1)), r.Close()); err != nil {
			t.Fatal(err)
		}
		recipe.Epochs = 5
		_, err = Begin(dir, recipe)
		var differs *RecipeError
		if !errors.As(err, &differs) || !strings.Contains(err.Error(), c.want) || (c.want == "") == strings.Contains(err.Error(), "Extend") {
			t.Errorf("the error is %v, want one with %q", err, c.want)
		}
	}
}
