package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// darken makes images darker by what each drew.
var darken = augment.Own{Name: "darken", Apply: func(images, numbers *Node) *Node {
	return Mul(images, Reshape(Slice(numbers, AxisRange(), AxisRange(0, 1)), -1, 1, 1, 1))
}}

// warmUp rises to the rate in the first quarter of the training.
var warmUp = optim.OwnSchedule{Name: "warm-up", Factor: func(step, steps int) float64 { return min(1, 4*float64(step+1)/float64(steps)) }}

func ownParts() recipes.Recipe {
	r := recipe()
	r.Augmentation = recipes.Augmentation{Own: recipes.OwnAugmentation{Name: "darken", Numbers: 1}}
	r.Schedule = recipes.Schedule{Name: "warm-up"}
	r.Data.Limit, r.Epochs = 300, 2
	return r
}

func TestOwnAugmentationAndScheduleAreAppliedAndResumedBitForBit(t *testing.T) {
	needBackend(t)
	undisturbed, err := train.Fit("undisturbed", ownParts(), nil, darken, warmUp)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 240 images in batches of 16 are 15 steps an epoch; the rate rises over 7.5 of 30.
	if got, want := undisturbed.History[1].LearningRate, ownParts().Optimizer.LearningRate; got != want {
		t.Errorf("the second epoch ends with the rate %v, want %v", got, want)
	}
	plain := ownParts()
	plain.Augmentation = recipes.Augmentation{}
	if r, err := train.Fit("plain", plain, nil, warmUp); err != nil || r.History[0].Loss == undisturbed.History[0].Loss {
		t.Errorf("without the transform the loss is the same, %v (%v)", undisturbed.History[0].Loss, err)
	}
	again, err := train.Fit("again", ownParts(), nil, warmUp, darken)
	if err != nil {
		t.Fatal(err)
	}
	a, b := outcome(t, undisturbed), outcome(t, again)
	for i := range a.Tensors {
		if string(a.Tensors[i].Data) != string(b.Tensors[i].Data) {
			t.Fatalf("%s is another when it is trained again", a.Tensors[i].Name)
		}
	}
}

func TestOwnPartThatIsMissingOrWrongIsAnError(t *testing.T) {
	needBackend(t)
	wrong := augment.Own{Name: "darken", Apply: func(images, _ *Node) *Node { return ReduceMean(images, -1) }}
	broken := augment.Own{Name: "darken", Apply: func(*Node, *Node) *Node { panic("on purpose") }}
	falling := optim.OwnSchedule{Name: "warm-up", Factor: func(step, _ int) float64 { return 1 - float64(step) }}
	for name, c := range map[string]struct {
		own  []recipes.Own
		want string
	}{
		"no transform":           {[]recipes.Own{warmUp}, `augmentation.own.name is "darken", and no transform of that name is passed`},
		"no schedule":            {[]recipes.Own{darken}, `schedule.name is "warm-up"`},
		"another shape":          {[]recipes.Own{wrong, warmUp}, "want the same shape"},
		"a panic":                {[]recipes.Own{broken, warmUp}, `the transform "darken": on purpose`},
		"a negative factor":      {[]recipes.Own{darken, falling}, `the schedule "warm-up" has the factor -1 at step 2`},
		"one name for two":       {[]recipes.Own{darken, warmUp, darken}, `augment.Own "darken" is passed twice`},
		"a schedule like ours":   {[]recipes.Own{darken, warmUp, optim.OwnSchedule{Name: "cosine", Factor: warmUp.Factor}}, "none of plateau"},
		"a transform without it": {[]recipes.Own{augment.Own{Name: "darken"}, warmUp}, "has no function Apply"},
	} {
		_, err := train.Fit("wrong/"+strings.ReplaceAll(name, " ", "-"), ownParts(), nil, c.own...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
	}
}

func TestOwnScheduleOrTransformThatHasChangedIsNotResumed(t *testing.T) {
	needBackend(t)
	r := ownParts()
	r.Model = recipes.Model{Name: "cnn"} // whose training lasts longer than the pause between two reports
	stop := errors.New("interrupted on purpose")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := (&train.Trainer{Own: []recipes.Own{warmUp, darken}}).FitContext(ctx, "changed", r, func(p run.Progress) {
		if len(p.History) > 0 {
			cancel(stop)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the training ended with %v, want an interruption", err)
	}
	other := optim.OwnSchedule{Name: "warm-up", Factor: func(int, int) float64 { return 1 }}
	if _, err := train.Fit("changed", r, nil, other, darken); err == nil || !strings.Contains(err.Error(), `the schedule "warm-up" is not the one that the run began with`) {
		t.Errorf("with another schedule: %v", err)
	}
	lessDark := augment.Own{Name: "darken", Apply: func(images, numbers *Node) *Node { return darken.Apply(images, MulScalar(numbers, 0.5)) }}
	if _, err := train.Fit("changed", r, nil, warmUp, lessDark); err == nil || !strings.Contains(err.Error(), `the transform "darken" is not the one that the run began with`) {
		t.Errorf("with another transform: %v", err)
	}
	if _, err := train.Fit("changed", r, nil, warmUp, darken); err != nil {
		t.Errorf("with its own: %v", err)
	}
	if _, err := train.Fit("changed", r, nil, warmUp, lessDark); err == nil || !strings.Contains(err.Error(), "not the one that the run began with") {
		t.Errorf("a finished run with another transform: %v", err)
	}
	r.Epochs = 4
	if _, err := train.Extend("changed", r, nil, warmUp, darken); err == nil || !strings.Contains(err.Error(), "epochs: 2 != 4") {
		t.Errorf("it was extended, though the schedule depends on the length: %v", err)
	}
}

func TestSearchOfARecipeWithACosinePromotesItsTrials(t *testing.T) {
	needBackend(t)
	s, err := study.Search("cnn-augmented", study.Smoke, study.SearchBudget(study.Smoke))
	if err != nil {
		t.Fatal(err)
	}
	s.Base.Data.Limit = 200
	s.Base.Schedule.DecaySteps = s.Base.Steps()
	epochs := s
	epochs.Space = append(slices.Clone(s.Space), hyperband.Choice("epochs", func(r *recipes.Recipe, v int) { r.Epochs = v }, 2, 3))
	if _, err := train.Search(epochs, 1, nil); err == nil || !strings.Contains(err.Error(), "parameter epochs of the search space sets the epochs") {
		t.Errorf("epochs in the space: %v", err)
	}
	found, err := train.Search(s, 1, nil)
	if err != nil || !found.Done {
		t.Fatalf("done: %v (%v)", found.Done, err)
	}
	s.Base.Schedule.DecaySteps = 0
	s.Journal += ".second"
	if _, err := train.Search(s, 1, nil); err == nil || !strings.Contains(err.Error(), "depends on how long the whole training is") {
		t.Errorf("a cosine over each trial's own length: %v", err)
	}
}

// A cosine over the whole training has no number of steps, so that another number of epochs changes its end with it.
func TestCosineFallsOverTheWholeTrainingHoweverLongItIs(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Augmentation, r.Schedule, r.Data.Limit = recipes.Augmentation{}, recipes.Schedule{Name: "cosine", MinLearningRate: 1e-5}, 300
	for _, epochs := range []int{1, 3} {
		r.Epochs = epochs
		trained := fit(t, []string{"", "one", "", "three"}[epochs], r)
		if last := trained.History[epochs-1].LearningRate; last > 0.02*r.Optimizer.LearningRate+1e-5 {
			t.Errorf("after %d epochs the rate is %v, want almost the least", epochs, last)
		}
	}
	r.Epochs = 5
	if _, err := train.Extend("three", r, nil); err == nil || !strings.Contains(err.Error(), "epochs: 3 != 5") {
		t.Errorf("a finished cosine was extended: %v", err)
	}
}

// momentum is the study's SGD with momentum.
var momentum = optim.OwnRule{Name: "mine", Slots: []string{"b"}, Update: func(p, g *Node, slots []*Node, s optim.Scalars) (*Node, []*Node) {
	b := Sub(Mul(slots[0], s.Momentum), Mul(g, s.Rate))
	return Add(p, b), []*Node{b}
}}

// ownRule is a recipe whose second epoch has another rate than the first, and another weight decay than none.
func ownRule() recipes.Recipe {
	r := recipe()
	r.Optimizer = recipes.Optimizer{Name: "mine", LearningRate: 0.01, Momentum: 0.9, WeightDecay: 0.001}
	r.Schedule = recipes.Schedule{Name: "step", DecaySteps: 15, Factor: 0.5}
	r.Data.Limit, r.Epochs = 300, 2
	return r
}

func TestOwnUpdateRuleTrainsAsTheSameOneOfTheStudyBitForBit(t *testing.T) {
	needBackend(t)
	trainer := train.Trainer{Own: []recipes.Own{momentum}}
	for i, rate := range []float64{0.01, 0.02} { // the second compiles nothing
		r := ownRule()
		r.Optimizer.LearningRate = rate
		own, err := trainer.Fit(fmt.Sprint("own", i), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Optimizer.Name = "sgd"
		theirs := fit(t, fmt.Sprint("sgd", i), r)
		want := parameters(t, theirs)
		for name, got := range parameters(t, own) {
			if !bytes.Equal(got, want[name]) {
				t.Errorf("rate %v: %s is another than with sgd", rate, name)
			}
		}
		if got, want := own.History[1].Loss, theirs.History[1].Loss; got != want {
			t.Errorf("rate %v: the loss is %v, want %v", rate, got, want)
		}
	}
}

func TestOwnUpdateRuleIsResumedBitForBitAndOnlyWithItsOwnCode(t *testing.T) {
	needBackend(t)
	r := ownRule()
	r.Model = recipes.Model{Name: "cnn"} // whose training lasts longer than the pause between two reports
	ctx, cancel := context.WithCancel(t.Context())
	_, err := (&train.Trainer{Own: []recipes.Own{momentum}}).FitContext(ctx, "resumed", r, func(p run.Progress) {
		if len(p.History) > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the training ended with %v, want an interruption", err)
	}
	if _, err := train.Fit("resumed", r, nil); err == nil || !strings.Contains(err.Error(), `optimizer.name is "mine"`) {
		t.Errorf("without the rule: %v", err)
	}
	nesterov := momentum
	nesterov.Update = func(p, g *Node, slots []*Node, s optim.Scalars) (*Node, []*Node) {
		_, after := momentum.Update(p, g, slots, s)
		return Add(p, Sub(Mul(after[0], s.Momentum), Mul(g, s.Rate))), after
	}
	if _, err := train.Fit("resumed", r, nil, nesterov); err == nil || !strings.Contains(err.Error(), `the update rule "mine" is not the one that the run began with`) {
		t.Errorf("with another rule: %v", err)
	}
	swapped := momentum // reads one scalar in another's place
	swapped.Update = func(p, g *Node, slots []*Node, s optim.Scalars) (*Node, []*Node) {
		s.Rate = s.Epsilon
		return momentum.Update(p, g, slots, s)
	}
	if _, err := train.Fit("resumed", r, nil, swapped); err == nil || !strings.Contains(err.Error(), "not the one that the run began with") {
		t.Errorf("with another scalar: %v", err)
	}
	resumed, err := train.Fit("resumed", r, nil, momentum)
	if err != nil {
		t.Fatal(err)
	}
	undisturbed, err := train.Fit("undisturbed", r, nil, momentum)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, resumed), outcome(t, undisturbed); !reflect.DeepEqual(got, want) {
		t.Errorf("resumed it ends with %+v, undisturbed with %+v, or the tensors differ", got.State, want.State)
	}
}

func TestOwnUpdateRuleThatIsWrongIsAnError(t *testing.T) {
	needBackend(t)
	scalar := optim.OwnRule{Name: "mine", Update: func(p, _ *Node, _ []*Node, _ optim.Scalars) (*Node, []*Node) { return ReduceAllSum(p), nil }}
	forgets := optim.OwnRule{Name: "mine", Slots: []string{"b"}, Update: func(p, _ *Node, _ []*Node, _ optim.Scalars) (*Node, []*Node) { return p, nil }}
	twice := momentum
	twice.Slots = []string{"b", "b"}
	for want, own := range map[string]recipes.Own{
		"want a parameter and 0 slots of the shape": scalar,
		"want a parameter and 1 slots of the shape": forgets,
		"want different names":                      twice,
		"a function Update":                         optim.OwnRule{Name: "mine"},
		"none of nadam":                             optim.OwnRule{Name: "Adam", Update: momentum.Update},
	} {
		if _, err := train.Fit("wrong", ownRule(), nil, own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
