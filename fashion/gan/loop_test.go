package gan

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

func TestGeneratorThatAlwaysMakesTheSameImageIsMeasuredAsModeCollapse(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	recipe := recipes.Recipe{Model: recipes.Model{Name: "sngan", Latent: 4, Width: 2}, Data: recipes.Data{Limit: 500, Validation: 0.4, SplitSeed: 1}, Seed: 1}
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := loop{Session: &session.Session{Run: &run.Run{Recipe: recipe}}}
	if err := l.measureReal(images.Validation.Set); err != nil {
		t.Fatal(err)
	}
	networks, err := models.GANOf(recipe.Model)
	if err != nil {
		t.Fatal(err)
	}
	l.generator = newGenerator(backend, recipe, networks, model.NewStore())
	if err := l.generator.build(); err != nil {
		t.Fatal(err)
	}
	fresh, err := l.measure()
	if err != nil {
		t.Fatal(err)
	}
	for v := range l.generator.store.IterVariables() {
		if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
			t.Fatal(err)
		}
	}
	l.generator.graphs = map[int]*model.Exec{}
	constant, err := l.measure()
	if err != nil {
		t.Fatal(err)
	}
	if constant.Diversity != 0 || !constant.ModeCollapse() {
		t.Errorf("identical images have the diversity %v", constant.Diversity)
	}
	if fresh.Diversity == 0 || constant.FrechetDistance <= 0 || constant.ClassifierAccuracy > 0.2 {
		t.Errorf("before: %+v; identical: %+v", fresh, constant)
	}
}
