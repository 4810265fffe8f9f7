package gan

import (
	"math"
	"testing"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/compilecache"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/internal/steploop/steplooptest"
	"fashionlab/fashion/recipes"
)

func TestSecondGameOfARecipeCompilesNoStep(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	recipe := smallGAN()
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	feed := session.NewFeed(images.Training, recipe, 1)
	defer feed.Free()
	for i := range 4 {
		g, err := newGame(backend, recipe, nil, images.Training.Real, 1)
		if err != nil {
			t.Fatal(err)
		}
		before := compilecache.Compilations()
		if err := g.compile(feed); err != nil {
			t.Fatal(err)
		}
		switch compiled := compilecache.Compilations() - before; {
		case i == 0 && compiled == 0:
			t.Skip("this plugin's compilations are not counted")
		case i > 0 && compiled > 0:
			t.Fatalf("game %d compiled %d graphs", i+1, compiled)
		}
	}
}

// smallGAN is a GAN of five steps an epoch.
func smallGAN() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "sngan", Latent: 8, Width: 4}, Data: recipes.Data{Limit: 100, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.002, Momentum: 0.9},
		GAN:       recipes.GAN{Loss: "hinge", DiscriminatorRate: 0.001, EMA: 0.9}, Epochs: 1, Batch: 16, Seed: 3,
	}
}

func TestSeveralStepsOfAnExecutionTrainTheGANAsOneAfterTheOther(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	recipe := smallGAN()
	images, err := session.Load(t.Context(), recipe.Data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rates := []float64{0.001, 0.002, 0.003, 0.004, 0.005} // 80 images are five steps
	train := func(length int) (*game, []session.Step) {
		t.Helper()
		g, err := newGame(backend, recipe, nil, images.Training.Real, length)
		if err != nil {
			t.Fatal(err)
		}
		feed := session.NewFeed(images.Training, recipe, 1)
		defer feed.Free()
		if err := g.compile(feed); err != nil {
			t.Fatal(err)
		}
		var all []session.Step
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
		if !near(got[i].Loss, want[i].Loss) || !near(got[i].Generator, want[i].Generator) || got[i].Accuracy != want[i].Accuracy {
			t.Errorf("step %d with %d in an execution has %+v, want %+v", i+1, length, got[i], want[i])
		}
	}
	steplooptest.SameVariables(t, several.store, one.store, 1e-4, len(one.averaged)+2*(len(one.generator.names)+len(one.discriminator.names))) // averages, parameters and their momentum
}
