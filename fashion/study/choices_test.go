package study_test

import (
	"slices"
	"testing"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// The test images are opened after the last epoch, and the epoch that a run keeps follows from its history, which has none of them.
func TestNoPublishedRunChoseAnythingOnTestImages(t *testing.T) {
	runs, err := run.Published().List()
	if err != nil {
		t.Fatal(err)
	}
	classifiers := 0
	for _, r := range runs {
		for _, opened := range r.Record.TestOpened {
			if opened.Before(r.Record.Finished) {
				t.Errorf("%s opened the test images at %v, and its training ended at %v", r.Dir, opened, r.Record.Finished)
			}
		}
		if r.Recipe.GAN != (recipes.GAN{}) || len(r.History) == 0 {
			continue
		}
		classifiers++
		kept := run.MostAccurate(r.History).Epoch
		if r.Recipe.Keep == recipes.LastEpoch {
			kept = len(r.History)
		}
		if r.Record.BestEpoch != kept || len(r.History) != r.Recipe.Epochs {
			t.Errorf("%s keeps epoch %d of %d, want %d of %d: the most accurate on the validation images, or the last if its recipe keeps that", r.Dir, r.Record.BestEpoch, len(r.History), kept, r.Recipe.Epochs)
		}
		validation, err := r.Predictions(run.Validation)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := float64(validation.Correct()) / float64(len(validation.Labels)); !close(got, r.History[kept-1].ValidationAccuracy) {
			t.Errorf("%s has the validation accuracy %v in its predictions and %v in epoch %d of its history", r.Dir, got, r.History[kept-1].ValidationAccuracy, kept)
		}
	}
	if classifiers < 10 {
		t.Errorf("%d published classifiers were read, want 10 or more", classifiers)
	}
}

// close allows for the rounding of another device: three of 12,000 images.
func close(a, b float64) bool { return a-b < 0.0003 && b-a < 0.0003 }

func TestFittedWeightsOfThePublishedEnsemblesFollowFromValidationPredictionsAlone(t *testing.T) {
	for name, candidates := range map[string][]ensemble.Candidate{"ours": study.OurEnsemble(study.Full), "best": study.BestEnsemble(study.Full)} {
		members, err := ensemble.Load(candidates, run.Published())
		if err != nil {
			t.Fatal(err)
		}
		fitted, err := members.GridWeights()
		if err != nil {
			t.Fatal(err)
		}
		alone, err := ensemble.GridWeights(20, members.Validation()...)
		if err != nil || !slices.Equal(fitted, alone) {
			t.Errorf("%s: the fitted weights are %v, and %v of the validation predictions alone (%v)", name, fitted, alone, err)
		}
	}
}
