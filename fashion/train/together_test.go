package train_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// As on a GPU: an epoch of 10 steps is three executions, the last of which has two steps beyond the epoch.
func TestTrainingWithSeveralStepsInAnExecutionLearnsTheSameAndResumes(t *testing.T) {
	needBackend(t)
	first := recipe()
	first.Data.Limit, first.Epochs = 200, 2
	second := first
	second.Seed++
	var together train.Trainer
	together.SetTogether(4)
	several := func(ctx context.Context, name string, r recipes.Recipe, report func(run.Progress)) (*run.Run, error) {
		return together.FitContext(ctx, name, r, report)
	}
	undisturbed, err := several(t.Context(), "undisturbed", first, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := several(t.Context(), "another seed", second, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := together.Programs(); n != 1 {
		t.Errorf("two seeds of a recipe have %d programs, want one", n)
	}
	for _, pair := range [][2]*run.Run{{undisturbed, fit(t, "one by one", first)}, {other, fit(t, "another seed, one by one", second)}} {
		got, want := pair[0].History, pair[1].History
		for i := range want {
			if math.Abs(got[i].Loss-want[i].Loss) > 0.01*want[i].Loss || got[i].LearningRate != want[i].LearningRate {
				t.Errorf("%s: epoch %d has the loss %v at the rate %v, want %v at %v", pair[0].Dir, i+1, got[i].Loss, got[i].LearningRate, want[i].Loss, want[i].LearningRate)
			}
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	_, err = several(ctx, "interrupted", first, func(p run.Progress) {
		if p.Epoch == 1 && p.Stage == "validating" {
			cancel()
		}
	})
	if interrupted := (*train.InterruptedError)(nil); !errors.As(err, &interrupted) || interrupted.Epoch != 2 {
		t.Fatalf("the error is %v, want an interruption in epoch 2", err)
	}
	resumed, err := several(t.Context(), "interrupted", first, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, resumed), outcome(t, undisturbed); !reflect.DeepEqual(got, want) {
		t.Errorf("resumed it ends with %+v, undisturbed with %+v, or the tensors differ", got.State, want.State)
	}
}
