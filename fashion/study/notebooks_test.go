package study

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
)

// code is the Go code of a notebook: its code cells, not the exercises in its text.
func code(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var notebook struct {
		Cells []struct {
			Type   string `json:"cell_type"`
			Source []string
		}
	}
	if err := json.Unmarshal(data, &notebook); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var b strings.Builder
	for _, c := range notebook.Cells {
		if c.Type == "code" {
			b.WriteString(strings.Join(c.Source, "") + "\n")
		}
	}
	return b.String()
}

// A plan is made from these lists; the test of the notebooks compares them with what was trained.
func TestNotebooksThatTrainAreListedAndNoOthers(t *testing.T) {
	paths, err := filepath.Glob("../../notebooks/*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks (%v)", err)
	}
	fits, seen := regexp.MustCompile(`\b(train|trainer)\.(Fit|Extend)\(`), map[string]bool{}
	for _, path := range paths {
		name, code := strings.TrimSuffix(filepath.Base(path), ".ipynb"), code(t, path)
		seen[name] = true
		if want := fits.MatchString(code); (trainings[name] != nil) != want {
			t.Errorf("%s trains recipes: %v; trainings lists it: %v", path, want, !want)
		}
		if want := strings.Contains(code, "train.Search("); (Searched(name) != "") != want {
			t.Errorf("%s searches: %v; searches lists it: %v", path, want, !want)
		}
		search := fmt.Sprintf("study.Search(%q,", Searched(name))
		if Searched(name) != "" && !(strings.Contains(code, search) && strings.Contains(code, "study.Dropped(")) {
			t.Errorf("%s does not contain %s and study.Dropped(", path, search)
		}
	}
	for name := range trainings {
		if !seen[name] {
			t.Errorf("trainings lists %s, which is no notebook", name)
		}
	}
	for name := range searches {
		if !seen[name] {
			t.Errorf("searches lists %s, which is no notebook", name)
		}
	}
}

func TestTrainingsAreValidAndARunHasOneRecipeInAllNotebooks(t *testing.T) {
	for _, p := range Profiles() {
		recipeOf := map[string]recipes.Recipe{}
		for notebook := range trainings {
			here := map[string]bool{}
			for _, trial := range Trainings(notebook, p) {
				if err := trial.Recipe.Validate(); err != nil {
					t.Errorf("%s, %s: %v", notebook, trial.Run, err)
				}
				if here[trial.Run] {
					t.Errorf("%s lists %s twice", notebook, trial.Run)
				}
				here[trial.Run] = true
				if other, ok := recipeOf[trial.Run]; ok && other != trial.Recipe {
					t.Errorf("%s has another recipe in %s than elsewhere: %v", trial.Run, notebook, recipes.Diff(other, trial.Recipe))
				}
				recipeOf[trial.Run] = trial.Recipe
			}
		}
	}
}
