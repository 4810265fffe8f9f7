package study_test

import (
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// An ingredient changes one part of the recipe, and never the images, the epochs, the batch or the seed.
func TestEachIngredientIsAddedAlone(t *testing.T) {
	for _, p := range study.Profiles() {
		list := study.Ingredients(p)
		base := list[0].Recipe
		for _, v := range list[1:] {
			parts := map[string]bool{}
			for _, d := range recipes.Diff(base, v.Recipe) {
				part, _, _ := strings.Cut(strings.SplitN(d, ":", 2)[0], ".")
				parts[part] = true
			}
			if len(parts) != 1 || parts["data"] || parts["epochs"] || parts["batch"] || parts["seed"] {
				t.Errorf("%s: %s changes %v, want one part of the recipe", p, v.Name, parts)
			}
		}
	}
}

func TestRecipesWithIngredientsCanBeTrained(t *testing.T) {
	for _, p := range study.Profiles() {
		list := study.Ingredients(p)
		for _, name := range []string{"cnn-strong", "residual-strong", "wideresnet", "cnn-distilled", "residual-final", "wideresnet-final"} {
			r, err := study.ByName(name, p)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, study.Variant{Name: name, Recipe: r})
		}
		for _, v := range list {
			if err := v.Recipe.Validate(); err != nil {
				t.Errorf("%s: %s: %v", p, v.Name, err)
			}
			if err := models.Check(v.Recipe.Model); err != nil {
				t.Errorf("%s: %s: %v", p, v.Name, err)
			}
			if err := optim.CheckSchedule(v.Recipe.Schedule); err != nil {
				t.Errorf("%s: %s: %v", p, v.Name, err)
			}
		}
	}
}

// The recipe and its epochs were fixed on the slides' split, and no image that is left out chooses anything.
func TestFinalTrainingsDifferFromThoseOnTheSlidesSplitInTheImagesAlone(t *testing.T) {
	for _, p := range study.Profiles() {
		for name, of := range map[string]string{"residual-final": "residual-strong", "wideresnet-final": "wideresnet"} {
			final, err := study.ByName(name, p)
			if err != nil {
				t.Fatal(err)
			}
			fixed, err := study.ByName(of, p)
			if err != nil {
				t.Fatal(err)
			}
			if final.Keep != recipes.LastEpoch || final.Schedule.Name == "plateau" {
				t.Errorf("%s: %s keeps the epoch %q with the schedule %q, want the last one with a schedule that looks at no image", p, name, final.Keep, final.Schedule.Name)
			}
			if p == study.Full && (final.Data.TrainingImages() != 59400 || fixed.Data.TrainingImages() != 48000) {
				t.Errorf("%s is trained on %d images and %s on %d, want 59400 and 48000", name, final.Data.TrainingImages(), of, fixed.Data.TrainingImages())
			}
			if final.Data.Validation = fixed.Data.Validation; final != fixed {
				t.Errorf("%s: %s differs in %v", p, name, recipes.Diff(fixed, final))
			}
		}
	}
}

func TestTeachersOfADistilledNetworkAreTrainedBeforeIt(t *testing.T) {
	for p, want := range map[study.Profile][]string{study.Smoke: {"smoke/residual-strong"}, study.Full: {"full/residual-strong", "full/residual-strong-seed2", "full/residual-strong-seed3"}} {
		r := study.CNNDistilled(p)
		var runs []string
		for i, v := range study.SourcesOf(r, p) {
			runs = append(runs, v.Run)
			if teacher := study.ResidualStrong(p); v.Recipe.Seed != uint64(i+1) || v.Recipe.Data != r.Data {
				t.Errorf("%s has the recipe %v, want %v with the seed %d", v.Run, v.Recipe, teacher, i+1)
			}
		}
		if !slices.Equal(runs, want) || !slices.Equal(runs, r.Regularization.Distillation.Names()) {
			t.Errorf("%s: the teachers are %q, and %q are trained, want %q", p, r.Regularization.Distillation.Teachers, runs, want)
		}
		r.Regularization.Distillation.Published = true
		if list := study.SourcesOf(r, p); len(list) > 0 {
			t.Errorf("published teachers are trained: %v", list)
		}
	}
}
