package train

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/run"
)

func TestGeneratorThatMakesEverTheSameIsMeasuredAsCollapsed(t *testing.T) {
	backend := loaded(t)
	recipe := run.Recipe{Model: run.Model{Name: "sngan", Latent: 4, Width: 2}, Data: run.Data{Limit: 500, Validation: 0.4, SplitSeed: 1}, Seed: 1}
	o := opposing{fitting: &fitting{Run: &run.Run{Recipe: recipe}, trainer: new(Trainer)}}
	var err error
	if _, o.trainer.validation, _, err = load(recipe.Data); err != nil {
		t.Fatal(err)
	}
	if err := o.observe(); err != nil {
		t.Fatal(err)
	}
	o.generator = newGenerator(backend, recipe, model.NewStore())
	if err := o.generator.build(); err != nil {
		t.Fatal(err)
	}
	fresh, err := o.measure()
	if err != nil {
		t.Fatal(err)
	}
	for v := range o.generator.store.IterVariables() {
		if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
			t.Fatal(err)
		}
	}
	o.generator.graphs = map[int]*model.Exec{}
	constant, err := o.measure()
	if err != nil {
		t.Fatal(err)
	}
	if constant.Spread != 0 || !constant.Collapsed() {
		t.Errorf("images that are all alike have the spread %v", constant.Spread)
	}
	if fresh.Spread == 0 || constant.Distance <= 0 || constant.Recognized > 0.2 {
		t.Errorf("before: %+v; all alike: %+v", fresh, constant)
	}
}
