package study

import (
	"path/filepath"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Recipes on disk once had the number of a cosine's steps; those that fall over the whole training are the study's all the same.
func TestPublishedRunsHaveTheStudysRecipes(t *testing.T) {
	t.Setenv(run.PublishedVariable, filepath.Join("..", "..", "notebooks", "published"))
	compared := 0
	for _, name := range Names() {
		r, err := run.Published().Open(Full.Run(name))
		if err != nil {
			continue // not every recipe has been published
		}
		compared++
		want, err := ByName(name, Full)
		if err != nil {
			t.Fatal(err)
		}
		if differences := recipes.Diff(r.Recipe, want); len(differences) > 0 {
			t.Errorf("%s: %q", name, differences)
		}
	}
	if compared < 5 {
		t.Errorf("%d published runs were compared, want 5 or more", compared)
	}
}
