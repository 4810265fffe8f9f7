package study_test

import (
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestUnknownProfileIsAnErrorThatListsTheKnown(t *testing.T) {
	t.Setenv(study.ProfileVariable, "huge")
	_, err := study.CurrentProfile()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"$FASHION_PROFILE", `"huge"`, "smoke", "quick", "full"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not name %s", err, want)
		}
	}
}

func TestProfileIsQuickUnlessTheEnvironmentChooses(t *testing.T) {
	for set, want := range map[string]study.Profile{"": study.Quick, "smoke": study.Smoke, "full": study.Full} {
		t.Setenv(study.ProfileVariable, set)
		if got, err := study.CurrentProfile(); err != nil || got != want {
			t.Errorf("with %q the profile is %q (%v), want %q", set, got, err, want)
		}
	}
}

// What the slides print must not drift: ../../README.md and every notebook compare with it.
func TestSlidesAreAsPrinted(t *testing.T) {
	tests := map[string]float64{"CNN": 0.9016, "ResNet50": 0.9006, "ConvNeXt": 0.7423, "Ensemble": 0.911}
	weights := 0.0
	for _, s := range study.Slides() {
		if s.Test != tests[s.Title] {
			t.Errorf("test accuracy of %s is %v, want %v", s.Title, s.Test, tests[s.Title])
		}
		delete(tests, s.Title)
		weights += s.Weight
	}
	if len(tests) > 0 || weights < 0.999999 || weights > 1.000001 {
		t.Errorf("slides without an entry: %v; the ensemble's weights sum to %v", tests, weights)
	}
}

func TestEveryProfileOfEveryModelAndTrialIsAValidRecipe(t *testing.T) {
	for _, p := range study.Profiles() {
		for _, name := range study.Names() {
			r, err := study.ByName(name, p)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Validate(); err != nil {
				t.Errorf("%s: %v", p.Run(name), err)
			}
		}
	}
	for _, p := range study.Profiles() {
		recipeOf := map[string]recipes.Recipe{}
		for _, trial := range append(study.AugmentationAblation(p), study.Schedules(p)...) {
			if err := trial.Recipe.Validate(); err != nil {
				t.Errorf("%s: %v", trial.Run, err)
			}
			if other, ok := recipeOf[trial.Run]; ok && other != trial.Recipe {
				t.Errorf("two recipes are trained into %s: %v", trial.Run, recipes.Diff(other, trial.Recipe))
			}
			recipeOf[trial.Run] = trial.Recipe
		}
	}
	if _, err := study.ByName("vgg", study.Quick); err == nil || !strings.Contains(err.Error(), `"vgg"`) {
		t.Errorf("error for an unknown model is %v, want one that names it", err)
	}
}

func TestSourceOfARecipeIsTheOneThatTrainsItsInitialWeights(t *testing.T) {
	for _, p := range study.Profiles() {
		for recipe, want := range map[string]string{"residual-photos": "residual", "convnext-transfer": "convnext-source", "cnn": ""} {
			r, err := study.ByName(recipe, p)
			if err != nil {
				t.Fatal(err)
			}
			source, ok := study.SourceOf(r, p)
			if want == "" {
				if ok {
					t.Errorf("%s starts from %v", p.Run(recipe), source)
				}
				continue
			}
			if of, err := study.ByName(want, p); err != nil || !ok || source != of {
				t.Errorf("%s does not start from %s (%v): %q", p.Run(recipe), want, err, recipes.Diff(source, of))
			}
		}
	}
}

// Each trial of a search must be a recipe that can be trained, with the slide's parameters among those that it can draw.
func TestSearchDrawsValidRecipesFromASpaceThatHoldsTheSlidesParameters(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	for _, p := range study.Profiles() {
		for _, model := range []string{"cnn", "resnet50", "convnext"} {
			s, err := study.Search(model, p, study.SearchBudget(p))
			if err != nil {
				t.Fatal(err)
			}
			state, err := s.Read() // draws all trials
			if err != nil {
				t.Fatal(err)
			}
			for _, trial := range state.Trials {
				if err := trial.Config.Validate(); err != nil {
					t.Errorf("trial %d of %s: %v", trial.ID, p.Run(model), err)
				}
			}
			for i, word := range study.SlideOf(model).Parameters {
				if _, ok := s.Space[i].Parse(word); !ok {
					t.Errorf("%s: the space's %s does not hold the slide's %s", model, s.Space[i].Name, word)
				}
			}
		}
	}
}
