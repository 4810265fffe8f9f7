package optim_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// recorded is what testdata/optim/make.py recorded of Keras.
type recorded struct {
	Start     []float32
	Gradients [][]float32
	Traces    []struct {
		Optimizer recipes.Optimizer
		Values    [][]float32
	}
	Plateaus []struct {
		Schedule      recipes.Schedule
		Losses, Rates []float64
	}
}

func load(t *testing.T) recorded {
	t.Helper()
	data, err := os.ReadFile("../../testdata/optim/traces.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachStepIsThatOfKeras(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	r := load(t)
	for _, trace := range r.Traces {
		rule, err := optim.New(trace.Optimizer)
		if err != nil {
			t.Fatal(err)
		}
		step, err := NewExec(backend, func(in []*Node) []*Node {
			p, slots := rule.Update(in[0], in[1], in[3:], in[2])
			return append([]*Node{p}, slots...)
		})
		if err != nil {
			t.Fatal(err)
		}
		state := []any{r.Start}
		for range rule.Slots {
			state = append(state, make([]float32, len(r.Start)))
		}
		for i, want := range trace.Values {
			rate := trace.Optimizer.LearningRate
			if i >= 7 {
				rate /= 10
			}
			var scalars []float32
			for _, s := range rule.Scalars(i+1, rate) {
				scalars = append(scalars, float32(s))
			}
			out, err := step.Call(append([]any{state[0], r.Gradients[i], scalars}, state[1:]...)...)
			if err != nil {
				t.Fatal(err)
			}
			for j, o := range out {
				state[j] = o.Value()
			}
			for j, got := range state[0].([]float32) {
				if e := math.Abs(float64(got-want[j])) / math.Abs(float64(want[j])); !(e < 1e-5) {
					t.Errorf("%+v: step %d: parameter %d is %v, want %v", trace.Optimizer, i+1, j, got, want[j])
				}
			}
		}
	}
}

func TestDescentStepsAreThoseOfTheUpdateRule(t *testing.T) {
	valley := func(x, y *Node) *Node { return Add(MulScalar(Square(x), 0.5), MulScalar(Square(y), 2)) } // its gradient is (x, 4y)
	path, err := optim.Descend(valley, recipes.Optimizer{Name: "sgd", LearningRate: 0.1}, -3, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []optim.Point{{X: -3, Y: 1, Value: 6.5}, {X: -2.7, Y: 0.6, Value: 4.365}, {X: -2.43, Y: 0.36, Value: 3.21165}}
	for i, p := range path {
		for j, difference := range []float64{p.X - want[i].X, p.Y - want[i].Y, p.Value - want[i].Value} {
			if len(path) != len(want) || math.Abs(difference) > 1e-5 {
				t.Errorf("point %d of %d is %+v, want %+v (%d)", i, len(path), p, want[i], j)
			}
		}
	}
}

func TestEveryOptimizerFindsTheBottomOfAValley(t *testing.T) {
	valley := func(x, y *Node) *Node { return Add(MulScalar(Square(x), 0.5), MulScalar(Square(y), 2)) }
	for _, o := range []recipes.Optimizer{
		{Name: "sgd", LearningRate: 0.1}, {Name: "sgd", LearningRate: 0.05, Momentum: 0.8}, {Name: "sgd", LearningRate: 0.05, Momentum: 0.8, Nesterov: true},
		{Name: "rmsprop", LearningRate: 0.02, Beta2: 0.9, Epsilon: 1e-7},
		{Name: "adam", LearningRate: 0.1, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7}, {Name: "nadam", LearningRate: 0.1, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7},
	} {
		path, err := optim.Descend(valley, o, -3, 1, 300)
		if err != nil {
			t.Fatal(err)
		}
		if last := path[len(path)-1]; !(last.Value < 1e-3) {
			t.Errorf("%+v is at %+v after 300 steps", o, last)
		}
	}
}

func TestASurfaceThatCannotBeBuiltIsAnError(t *testing.T) {
	broken := func(x, y *Node) *Node { return Reshape(x, 2, 3) }
	if path, err := optim.Descend(broken, recipes.Optimizer{Name: "sgd", LearningRate: 0.1}, 0, 0, 1); err == nil {
		t.Errorf("the path is %v, want an error", path)
	}
	if _, err := optim.Descend(broken, recipes.Optimizer{Name: "lion"}, 0, 0, 1); err == nil {
		t.Error("an unknown optimizer was accepted")
	}
}

func TestPlateauReducesAsKerasDoes(t *testing.T) {
	for _, p := range load(t).Plateaus {
		rate, memory := 0.1, run.Plateau{}
		for epoch, loss := range p.Losses {
			rate, memory = optim.ReduceOnPlateau(p.Schedule, memory, rate, loss)
			if math.Abs(rate-p.Rates[epoch]) > 1e-6*rate {
				t.Errorf("%+v: after epoch %d the rate is %v, want %v", p.Schedule, epoch+1, rate, p.Rates[epoch])
			}
		}
	}
}

func TestSchedulesAreTheirFormulas(t *testing.T) {
	step := recipes.Schedule{Name: "step", Factor: 0.9, DecaySteps: 94} // the slide's 94_step_0_9
	for at, want := range map[int]float64{0: 1, 93: 1, 94: 0.9, 187: 0.9, 188: 0.81} {
		if got := optim.LearningRate(step, 1, at, 1000); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d has the rate %v, want %v", at, got, want)
		}
	}
	exponential := recipes.Schedule{Name: "exponential", Factor: 0.25, DecaySteps: 10}
	if got := optim.LearningRate(exponential, 1, 5, 1000); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("half way to a quarter the rate is %v, want 0.5", got)
	}
	cosine := recipes.Schedule{Name: "cosine", DecaySteps: 100, MinLearningRate: 0.2}
	for at, want := range map[int]float64{0: 1, 50: 0.6, 100: 0.2, 150: 0.2, 25: 0.2 + 0.4*(1+math.Sqrt2/2)} {
		all := recipes.Schedule{Name: "cosine", MinLearningRate: 0.2}
		if got := optim.LearningRate(all, 1, at, 100); math.Abs(got-want) > 1e-12 {
			t.Errorf("over all 100 steps, step %d has the rate %v, want %v", at, got, want)
		}
		if got := optim.LearningRate(cosine, 1, at, 1000); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d of a cosine has the rate %v, want %v", at, got, want)
		}
	}
}

func TestOneCycleIsThatOfPyTorch(t *testing.T) {
	data, err := os.ReadFile("../../testdata/optim/onecycle.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Traces []struct {
			Steps   int
			Rate    float64
			MinRate float64 `json:"min_rate"`
			Rates   map[int]float64
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, trace := range recorded.Traces {
		s := recipes.Schedule{Name: "one-cycle", MinLearningRate: trace.MinRate}
		for step, want := range trace.Rates {
			compared++
			if got := optim.LearningRate(s, trace.Rate, step, trace.Steps); math.Abs(got-want) > 1e-9*trace.Rate {
				t.Errorf("step %d of %d has the rate %v, want %v", step, trace.Steps, got, want)
			}
		}
	}
	if compared < 130 {
		t.Errorf("%d steps were compared", compared)
	}
}

func TestUnknownNamesAreRefusedWithTheKnownOnes(t *testing.T) {
	if _, err := optim.New(recipes.Optimizer{Name: "lion"}); err == nil {
		t.Error("an unknown optimizer was accepted")
	}
	for _, s := range []recipes.Schedule{{Name: "cosine", DecaySteps: -1}, {Name: "one-cycle", DecaySteps: 10}, {Name: "plateau"}, {Name: "step"}, {Factor: 0.5}} {
		if err := optim.CheckSchedule(s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}

func TestRulesThatDivideByEpsilonWantOne(t *testing.T) {
	for _, name := range []string{"nadam", "adam", "adamw", "rmsprop"} {
		if _, err := optim.New(recipes.Optimizer{Name: name}); err == nil || !strings.Contains(err.Error(), "optimizer.epsilon is 0") {
			t.Errorf("%s without an epsilon: the error is %v", name, err)
		}
	}
	if _, err := optim.New(recipes.Optimizer{Name: "sgd"}); err != nil {
		t.Errorf("sgd, which needs no epsilon: %v", err)
	}
}
