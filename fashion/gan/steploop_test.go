package gan

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/recipes"
)

func TestSeveralStepsOfAnExecutionTrainTheGANAsOneAfterTheOther(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	recipe := recipes.Recipe{
		Model: recipes.Model{Name: "sngan", Latent: 8, Width: 4}, Data: recipes.Data{Limit: 100, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.002, Momentum: 0.9},
		GAN:       recipes.GAN{Loss: "hinge", DiscriminatorRate: 0.001, EMA: 0.9}, Epochs: 1, Batch: 16, Seed: 3,
	}
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rates := []float64{0.001, 0.002, 0.003, 0.004, 0.005} // 80 images are five steps
	train := func(length int) (*game, []stepMetrics) {
		t.Helper()
		g, err := newGame(backend, recipe, images.Training.Real, length)
		if err != nil {
			t.Fatal(err)
		}
		feed := session.NewFeed(images.Training, recipe, 1)
		defer feed.Free()
		if err := g.compile(feed); err != nil {
			t.Fatal(err)
		}
		var all []stepMetrics
		for len(all) < feed.Steps {
			done, err := g.train(feed, len(all), len(all), rates[len(all):min(len(all)+length, len(rates))])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, done...)
		}
		return g, all
	}
	const length = 3 // the last execution has a step beyond the epoch
	one, want := train(1)
	several, got := train(length)
	if len(got) != len(rates) || len(want) != len(rates) {
		t.Fatalf("%d and %d steps were done, want %d", len(want), len(got), len(rates))
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-4 }
	for i := range want {
		if !near(got[i].discriminator, want[i].discriminator) || !near(got[i].generator, want[i].generator) || got[i].accuracy != want[i].accuracy {
			t.Errorf("step %d with %d in an execution has %+v, want %+v", i+1, length, got[i], want[i])
		}
	}
	variables := 0
	for v := range one.store.IterVariables() {
		a, err := v.Value()
		if err != nil {
			t.Fatal(err)
		}
		b, err := several.store.GetVariable(v.Path()).Value()
		if err != nil {
			t.Fatal(err)
		}
		x, y := tensors.MustCopyFlatData[float32](a), tensors.MustCopyFlatData[float32](b)
		for i := range x {
			if !near(float64(x[i]), float64(y[i])) {
				t.Fatalf("%s[%d] is %v with %d steps in an execution, want %v", v.Path(), i, y[i], length, x[i])
			}
		}
		variables++
	}
	if all := len(one.averaged) + 2*(len(one.generator.names)+len(one.discriminator.names)); variables < all {
		t.Errorf("%d variables were compared, want the %d of averages, parameters and their momentum at least", variables, all)
	}
}
