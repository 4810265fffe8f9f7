package ensemble_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// studio is a folder of runs, in which save puts finished ones.
type studio struct {
	*testing.T
	root string
}

func (s studio) load() (ensemble.Members, error) {
	return ensemble.Load([]ensemble.Candidate{
		{Name: "CNN", Runs: []string{"cnn"}, Weight: 0.45, Command: "train cnn"},
		{Name: "ResNet50", Runs: []string{"resnet50"}, Weight: 0.45, Command: "train resnet50"},
		{Name: "ConvNeXt", Runs: []string{"convnext", "convnext-transfer"}, Weight: 0.10, Command: "train convnext-transfer"},
	}, run.StoreAt(s.root, false))
}

// recipe is one that can be saved.
var recipe = recipes.Recipe{
	Model:     recipes.Model{Name: "cnn"},
	Data:      recipes.Data{Validation: 0.2, SplitSeed: 1},
	Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7},
	Epochs:    1, Batch: 64,
}

// save makes a run, with predictions for the validation images of those indices and for test images; change may alter its recipe.
func (s studio) save(name string, indices []int32, signal float64, change func(*recipes.Recipe)) *run.Run {
	s.Helper()
	r := recipe
	if change != nil {
		change(&r)
	}
	saved, err := run.Begin(filepath.Join(s.root, name), r)
	if err != nil {
		s.Fatal(err)
	}
	defer saved.Close()
	all, validation := drawn(1000, signal, uint64(len(name))), run.Predictions{}
	for _, index := range indices {
		validation.Indices = append(validation.Indices, index)
		validation.Labels, validation.Probabilities = append(validation.Labels, all.Labels[index]), append(validation.Probabilities, all.Probabilities[index])
	}
	if err := errors.Join(saved.SavePredictions(run.Validation, validation), saved.SavePredictions(run.Test, all), saved.Finish()); err != nil {
		s.Fatal(err)
	}
	return saved
}

func upTo(n int32) (indices []int32) {
	for i := range n {
		indices = append(indices, i)
	}
	return indices
}

func TestMembersAreComparedOnTheImagesThatAllWereValidatedOn(t *testing.T) {
	s := studio{t, t.TempDir()}
	s.save("cnn", upTo(600), 4, nil)
	s.save("resnet50", []int32{2, 4, 6, 700, 800}, 3, nil)
	s.save("convnext-transfer", upTo(6), 1, nil)
	members, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range members.Validation() {
		if !slices.Equal(p.Indices, []int32{2, 4}) {
			t.Errorf("%s is compared on %v, want images 2 and 4", members[i].Name, p.Indices)
		}
		all := drawn(1000, []float64{4, 3, 1}[i], uint64(len([]string{"cnn", "resnet50", "convnext-transfer"}[i])))
		if !slices.Equal(p.Probabilities[1], all.Probabilities[4]) || p.Labels[1] != all.Labels[4] {
			t.Errorf("%s: image 4 has other predictions than in its run", members[i].Name)
		}
	}
	if !slices.Equal(members.Weights(), []float64{0.45, 0.45, 0.10}) {
		t.Errorf("weights are %v, want the slide's", members.Weights())
	}
	s.save("convnext", upTo(6), 2, nil)
	if members, err = s.load(); err != nil || filepath.Base(members[2].Run.Dir) != "convnext" {
		t.Errorf("the third member is %v (%v), want the slide's convnext where it exists", members[2].Run, err)
	}
}

func TestMemberThatDoesNotFitIsNamedWithWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s studio)
		want  []string
	}{
		"missing":     {func(studio) {}, []string{"ResNet50", "not run", "train and test it with: train resnet50"}},
		"other split": {func(s studio) { s.save("resnet50", upTo(9), 1, func(r *recipes.Recipe) { r.Data.SplitSeed = 7 }) }, []string{"ResNet50", "seed 7", "CNN", "with 1"}},
		"other task": {func(s studio) {
			s.save("resnet50", upTo(9), 1, func(r *recipes.Recipe) { r.Data.Task = recipes.Rotation })
		}, []string{"ResNet50", "rotation"}},
		"nothing in common": {func(s studio) { s.save("resnet50", []int32{900}, 1, nil) }, []string{"no validation image is common"}},
		"unfinished": {func(s studio) {
			r, err := run.Begin(filepath.Join(s.root, "resnet50"), recipe)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
		}, []string{"ResNet50", "not finished", "train resnet50"}},
		"not tested": {func(s studio) {
			r, err := run.Begin(filepath.Join(s.root, "resnet50"), recipe)
			if err == nil {
				err = errors.Join(r.SavePredictions(run.Validation, drawn(9, 1, 1)), r.Finish(), r.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}, []string{"ResNet50", "test", "train resnet50"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := studio{t, t.TempDir()}
			s.save("cnn", upTo(9), 1, nil)
			s.save("convnext-transfer", upTo(9), 1, nil)
			c.spoil(s)
			_, err := s.load()
			for _, want := range c.want {
				if !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
		})
	}
}

func TestEnsembleOfNothingIsAnError(t *testing.T) {
	if _, err := ensemble.Load(nil, run.StoreAt(t.TempDir(), false)); err == nil {
		t.Error("no candidates pass")
	}
	if _, err := ensemble.Load([]ensemble.Candidate{{Name: "CNN", Command: "train cnn"}}, run.StoreAt(t.TempDir(), false)); err == nil || !strings.Contains(err.Error(), "train cnn") {
		t.Errorf("the error of a candidate without runs is %v, want one with its command", err)
	}
}

func TestEnsembleIsEvaluatedBesideItsBestMember(t *testing.T) {
	s := studio{t, t.TempDir()}
	s.save("cnn", upTo(1000), 2, nil)
	s.save("resnet50", upTo(1000), 3, nil)
	s.save("convnext-transfer", upTo(1000), 0, nil)
	members, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	test := members.Test()
	for i := range members {
		members[i].Weight = 0
	}
	weightings, err := members.Weightings()
	if err != nil {
		t.Fatal(err)
	}
	if len(weightings) != 3 || weightings[0].Name != "equal" {
		t.Errorf("members without weights have the weightings %v, want no slide's", weightings)
	}
	e, err := members.Evaluate([]float64{0, 2, 0}) // the best member alone
	if err != nil {
		t.Fatal(err)
	}
	if e.Best != 1 || e.Test != metrics.Accuracy(test[1]) || e.Gain != (metrics.Interval{}) || e.McNemar.P != 1 || !slices.Equal(e.Weights, []float64{0, 1, 0}) {
		t.Errorf("the best member alone is evaluated as %+v", e)
	}
	if e, err = members.Evaluate([]float64{1, 1, 0}); err != nil {
		t.Fatal(err)
	}
	vote, err := ensemble.SoftVote([]float64{0.5, 0.5, 0}, test...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy of the vote", e.Test.Value, metrics.Accuracy(vote).Value, 0)
	near(t, "gain", e.Gain.Value, metrics.Accuracy(vote).Value-metrics.Accuracy(test[1]).Value, 1e-12)
	if e.McNemar.OnlyB-e.McNemar.OnlyA != int(e.Gain.Value*1000+0.5) || e.BestValidation != metrics.Accuracy(members.Validation()[1]) {
		t.Errorf("the evaluation is %+v", e)
	}
}

func TestCalibratedMembersPredictAlikeWithLessLoss(t *testing.T) {
	s := studio{t, t.TempDir()}
	s.save("cnn", upTo(1000), 6, nil)
	s.save("resnet50", upTo(1000), 3, nil)
	s.save("convnext-transfer", upTo(1000), 1, nil)
	members, err := s.load()
	if err != nil {
		t.Fatal(err)
	}
	calibrated := members.Calibrated()
	for i, before := range members.Validation() {
		after := calibrated.Validation()[i]
		if metrics.Accuracy(after) != metrics.Accuracy(before) || metrics.LogLoss(after) > metrics.LogLoss(before) {
			t.Errorf("%s: accuracy %v and loss %v become %v and %v", members[i].Name, metrics.Accuracy(before), metrics.LogLoss(before), metrics.Accuracy(after), metrics.LogLoss(after))
		}
	}
}
