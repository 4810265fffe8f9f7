package train_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/train"
)

func TestFinalAccuraciesAreMeasuredOnceOfEachTrialThatWasTrainedToTheEnd(t *testing.T) {
	needBackend(t)
	s := newSearch(t, "finals")
	s.Brackets = s.Brackets[:1] // 4 trials, of which one is trained to the end
	state := search(t, s, 1)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := train.MeasureFinals(stopped, s, state); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of a context that has ended is %v", err)
	}
	if err := train.MeasureFinals(t.Context(), s, state); err != nil {
		t.Fatal(err)
	}
	finals, err := s.ReadFinals()
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range state.Trials {
		correct, measured := finals.Correct[trial.ID]
		if measured != (trial.Status == hyperband.Finished) {
			t.Errorf("trial %d is %s, and measured is %v", trial.ID, trial.Status, measured)
		}
		// On other images of the same kind the accuracy is about that of the objective, within what 40 validation images can say.
		if accuracy := float64(correct) / float64(finals.Images); measured && (accuracy < trial.Score(0)-0.3 || accuracy > trial.Score(0)+0.3) {
			t.Errorf("trial %d has the final accuracy %.3f and the objective %.3f", trial.ID, accuracy, trial.Score(0))
		}
	}
	before, err := os.Stat(s.FinalsFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := train.MeasureFinals(t.Context(), s, state); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(s.FinalsFile()); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the second call measured again (%v)", err)
	}
}
