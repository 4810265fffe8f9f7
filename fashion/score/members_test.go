package score_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
	"fashionlab/fashion/study"
)

// studio is a folder of runs, in which save puts finished ones.
type studio struct {
	*testing.T
	root string
}

func (s studio) Open(name string) (*run.Run, error) { return run.Open(filepath.Join(s.root, name)) }

// save makes a run, with predictions for the validation images of those indices and for test images; change may alter its recipe.
func (s studio) save(recipe string, indices []int32, signal float64, change func(*run.Recipe)) *run.Run {
	s.Helper()
	r, err := study.ByName(recipe, study.Smoke)
	if err != nil {
		s.Fatal(err)
	}
	if change != nil {
		change(&r)
	}
	saved, err := run.Begin(filepath.Join(s.root, study.Smoke.Run(recipe)), r)
	if err != nil {
		s.Fatal(err)
	}
	defer saved.Close()
	all, validation := drawn(1000, signal, uint64(len(recipe))), run.Predictions{}
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
	s.save("resnet50", []int32{700, 4, 2, 800, 6}, 3, nil)
	s.save("convnext-transfer", upTo(6), 1, nil)
	members, err := score.Join(study.SlideEnsemble(), study.Smoke, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range score.Part(members, run.Validation) {
		if !slices.Equal(p.Indices, []int32{2, 4}) {
			t.Errorf("%s is compared on %v, want images 2 and 4", members[i].Name, p.Indices)
		}
		all := drawn(1000, []float64{4, 3, 1}[i], uint64(len([]string{"cnn", "resnet50", "convnext-transfer"}[i])))
		if p.Probabilities[1] != all.Probabilities[4] || p.Labels[1] != all.Labels[4] {
			t.Errorf("%s: image 4 has other predictions than in its run", members[i].Name)
		}
	}
	if !slices.Equal(score.Weights(members), []float64{0.45, 0.45, 0.10}) {
		t.Errorf("weights are %v, want the slide's", score.Weights(members))
	}
	s.save("convnext", upTo(6), 2, nil)
	if members, err = score.Join(study.SlideEnsemble(), study.Smoke, s); err != nil || filepath.Base(members[2].Run.Dir) != "convnext" {
		t.Errorf("the third member is %v (%v), want the slide's convnext where it exists", members[2].Run, err)
	}
}

func TestMemberThatDoesNotFitIsNamedWithWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(s studio)
		want  []string
	}{
		"missing":           {func(studio) {}, []string{"ResNet50", "not run", "train -recipe resnet50 -profile smoke"}},
		"other split":       {func(s studio) { s.save("resnet50", upTo(9), 1, func(r *run.Recipe) { r.Data.SplitSeed = 7 }) }, []string{"ResNet50", "seed 7", "CNN", "with 1"}},
		"other task":        {func(s studio) { s.save("resnet50", upTo(9), 1, func(r *run.Recipe) { r.Data.Task = run.Rotation }) }, []string{"ResNet50", "rotation"}},
		"nothing in common": {func(s studio) { s.save("resnet50", []int32{900}, 1, nil) }, []string{"no validation image is common"}},
		"unfinished": {func(s studio) {
			r, err := run.Begin(filepath.Join(s.root, "smoke/resnet50"), study.ResNet50(study.Smoke))
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
		}, []string{"ResNet50", "not finished", "train -recipe resnet50"}},
		"not tested": {func(s studio) {
			r, err := run.Begin(filepath.Join(s.root, "smoke/resnet50"), study.ResNet50(study.Smoke))
			if err == nil {
				err = errors.Join(r.SavePredictions(run.Validation, drawn(9, 1, 1)), r.Finish(), r.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}, []string{"ResNet50", "test", "train -recipe resnet50"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := studio{t, t.TempDir()}
			s.save("cnn", upTo(9), 1, nil)
			s.save("convnext-transfer", upTo(9), 1, nil)
			c.spoil(s)
			_, err := score.Join(study.SlideEnsemble(), study.Smoke, s)
			for _, want := range c.want {
				if !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
		})
	}
}

func TestEnsembleIsJudgedBesideItsBestMember(t *testing.T) {
	s := studio{t, t.TempDir()}
	s.save("cnn", upTo(1000), 2, nil)
	s.save("resnet50", upTo(1000), 3, nil)
	s.save("convnext-transfer", upTo(1000), 0, nil)
	members, err := score.Join(study.SlideEnsemble(), study.Smoke, s)
	if err != nil {
		t.Fatal(err)
	}
	test := score.Part(members, run.Test)
	j, err := score.Judge(members, []float64{0, 2, 0}) // the best member alone
	if err != nil {
		t.Fatal(err)
	}
	if j.Best != 1 || j.Test != score.Accuracy(test[1]) || j.Gain != (score.Interval{}) || j.Pairing.P != 1 || !slices.Equal(j.Weights, []float64{0, 1, 0}) {
		t.Errorf("the best member alone is judged as %+v", j)
	}
	if j, err = score.Judge(members, []float64{1, 1, 0}); err != nil {
		t.Fatal(err)
	}
	vote, err := score.Vote([]float64{0.5, 0.5, 0}, test...)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "accuracy of the vote", j.Test.Value, score.Accuracy(vote).Value, 0)
	near(t, "gain", j.Gain.Value, score.Accuracy(vote).Value-score.Accuracy(test[1]).Value, 1e-12)
	if j.Pairing.OnlyB-j.Pairing.OnlyA != int(j.Gain.Value*1000+0.5) || j.Before != score.Accuracy(score.Part(members, run.Validation)[1]) {
		t.Errorf("the judgement is %+v", j)
	}
}

func TestCalibratedMembersPredictAlikeWithLessLoss(t *testing.T) {
	s := studio{t, t.TempDir()}
	s.save("cnn", upTo(1000), 6, nil)
	s.save("resnet50", upTo(1000), 3, nil)
	s.save("convnext-transfer", upTo(1000), 1, nil)
	members, err := score.Join(study.SlideEnsemble(), study.Smoke, s)
	if err != nil {
		t.Fatal(err)
	}
	calibrated := score.Calibrated(members)
	for i, before := range score.Part(members, run.Validation) {
		after := score.Part(calibrated, run.Validation)[i]
		if score.Accuracy(after) != score.Accuracy(before) || score.LogLoss(after) > score.LogLoss(before) {
			t.Errorf("%s: accuracy %v and loss %v become %v and %v", members[i].Name, score.Accuracy(before), score.LogLoss(before), score.Accuracy(after), score.LogLoss(after))
		}
	}
}
