package study_test

import (
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
		for _, name := range []string{"cnn-strong", "residual-strong", "wideresnet"} {
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
