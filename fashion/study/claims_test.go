package study_test

import (
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

func TestQueueTrainsEachVariantWithEverySeedOnceAndAllWithTheFirstBeforeAnyWithTheSecond(t *testing.T) {
	for _, p := range study.Profiles() {
		seeds, recipeOf := map[string]map[uint64]bool{}, map[string]recipes.Recipe{}
		last := uint64(0)
		for _, v := range study.Queue(p, study.Claims()...) {
			if err := v.Recipe.Validate(); err != nil {
				t.Errorf("%s: %v", v.Run, err)
			}
			if _, twice := recipeOf[v.Run]; twice {
				t.Errorf("%s is trained twice", v.Run)
			}
			recipeOf[v.Run] = v.Recipe
			if v.Recipe.Seed < last {
				t.Errorf("%s, with seed %d, comes after seed %d", v.Run, v.Recipe.Seed, last)
			}
			last = v.Recipe.Seed
			if seeds[v.Name] == nil {
				seeds[v.Name] = map[uint64]bool{}
			}
			seeds[v.Name][last] = true
		}
		for name, list := range seeds {
			if len(list) != p.Seeds() {
				t.Errorf("%s: %s has %d seeds, want %d", p, name, len(list), p.Seeds())
			}
		}
		for _, c := range study.Claims() {
			for _, v := range c.Variants(p) {
				if recipeOf[v.Run] != v.Recipe {
					t.Errorf("the claim %s needs %s, which the queue does not train so: %v", c.Name, v.Run, recipes.Diff(recipeOf[v.Run], v.Recipe))
				}
			}
		}
	}
}

// What a claim compares differs in one thing.
func TestVariantsOfAClaimHaveEqualEpochsImagesAndNetworks(t *testing.T) {
	for _, p := range study.Profiles() {
		for _, c := range study.Claims() {
			variants := c.Variants(p)
			base := variants[0].Recipe
			for _, v := range variants {
				r := v.Recipe
				switch c.Name {
				case "augmentation":
					r.Augmentation = base.Augmentation
				case "plateau":
					r.Schedule = base.Schedule
				case "ingredients":
					continue // TestEachIngredientIsAddedAlone
				}
				if r != base {
					t.Errorf("%s differs from %s in more than one thing: %v", v.Run, variants[0].Run, recipes.Diff(base, r))
				}
			}
		}
	}
}
