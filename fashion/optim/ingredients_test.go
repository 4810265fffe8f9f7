package optim_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// near reports whether lists of numbers are equal but for rounding, relative to 1 or to their size.
func near(got, want []float32) bool {
	return slices.EqualFunc(got, want, func(a, b float32) bool {
		return math.Abs(float64(a-b)) <= 1e-5*max(1, math.Abs(float64(b)))
	})
}

func TestClippingByTheGlobalNormIsThatOfPyTorch(t *testing.T) {
	var kept struct {
		Clip struct {
			Gradients [][]float32
			Cases     []struct {
				Limit   float32
				Clipped [][]float32
			}
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	clip, err := NewExec(backend, func(in []*Node) []*Node { return optim.ClipByGlobalNorm(in[1:], in[0]) })
	if err != nil {
		t.Fatal(err)
	}
	if len(kept.Clip.Cases) < 3 {
		t.Fatalf("%d cases are recorded", len(kept.Clip.Cases))
	}
	for _, c := range kept.Clip.Cases {
		in := []any{c.Limit}
		for _, g := range kept.Clip.Gradients {
			in = append(in, g)
		}
		out, err := clip.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range out {
			if got := o.Value().([]float32); !near(got, c.Clipped[i]) {
				t.Errorf("limit %v: gradient %d is %v, want %v", c.Limit, i, got, c.Clipped[i])
			}
		}
	}
}

func TestWarmupIsThatOfPyTorch(t *testing.T) {
	var kept struct {
		Warmup []struct {
			Schedule recipes.Schedule
			Rate     float64
			Steps    int
			Rates    []float64
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	if len(kept.Warmup) < 3 {
		t.Fatalf("%d schedules are recorded", len(kept.Warmup))
	}
	for _, w := range kept.Warmup {
		if err := optim.CheckSchedule(w.Schedule); err != nil {
			t.Error(err)
		}
		for step, want := range w.Rates {
			if got := optim.LearningRate(w.Schedule, w.Rate, step, w.Steps); math.Abs(got-want) > 1e-9*w.Rate {
				t.Errorf("%s: step %d has the rate %v, want %v", w.Schedule.Name, step, got, want)
			}
		}
	}
	constant := recipes.Schedule{Warmup: 4}
	if err := optim.CheckSchedule(constant); err != nil {
		t.Error(err)
	}
	for step, want := range []float64{0.25, 0.5, 0.75, 1, 1, 1} {
		if got := optim.LearningRate(constant, 1, step, 6); got != want {
			t.Errorf("step %d of a constant rate has %v, want %v", step, got, want)
		}
	}
	if err := optim.CheckSchedule(recipes.Schedule{Name: "one-cycle", Warmup: 4}); err == nil {
		t.Error("one-cycle was accepted with a second warm-up")
	}
}

func TestAveragesAreThoseOfPyTorch(t *testing.T) {
	var kept struct {
		EMA []struct {
			Decay            float64
			Values, Averages [][]float32
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for _, r := range kept.EMA {
		store, path := model.NewStore(), "/model/layer/kernel"
		store.VariableWithValue(path, tensors.FromValue(r.Values[0]))
		if err := optim.AddEMA(store, []string{path}); err != nil {
			t.Fatal(err)
		}
		move, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) *Node {
			store.GetVariable(path).SetNodeValue(in[0])
			optim.UpdateEMA(store, optim.WithEMA(store), in[1])
			return optim.EMA(in[0].Graph(), store, path)
		})
		if err != nil {
			t.Fatal(err)
		}
		for step := range len(r.Values) - 1 { // PyTorch's first call copies the first values
			out, err := move.Call1(r.Values[step+1], optim.EMARate(r.Decay, step))
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Value().([]float32); !near(got, r.Averages[step+1]) {
				t.Errorf("decay %v: after step %d the average is %v, want %v", r.Decay, step, got, r.Averages[step+1])
			}
		}
	}
}
