package study_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// curvesOf records learning curves by a formula: two of three trials can be trained.
func curvesOf(t *testing.T, finals bool) hyperband.Search[recipes.Recipe] {
	t.Helper()
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	s, err := study.LearningCurves("cnn", study.Smoke)
	if err != nil {
		t.Fatal(err)
	}
	trained := 0
	found, err := s.Run(nil, func(r recipes.Recipe, epochs int) ([]float64, error) {
		if trained++; trained == 2 {
			return nil, fmt.Errorf("its loss is NaN: %w", hyperband.ErrFailed)
		}
		return []float64{0.1, 0.2, 0.3}[:epochs], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if finals {
		f := hyperband.Finals{Images: 1000, Correct: map[int]int{}}
		for _, trial := range found.Ranking() {
			f.Correct[trial.ID] = 800 + trial.ID
		}
		if err := s.WriteFinals(f); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestLearningCurvesArePublishedWholeAndReadAgain(t *testing.T) {
	s := curvesOf(t, true)
	if err := study.PublishCurves(s, "cnn", study.Smoke); err != nil {
		t.Fatal(err)
	}
	for _, store := range []run.Store{run.Local(), run.Published()} {
		r, planned, err := study.Recorded("cnn", study.Smoke, store)
		if err != nil || planned != 3 || len(r.Curves) != 3 {
			t.Fatalf("%d of %d curves are read (%v), want 3 of 3", len(r.Curves), planned, err)
		}
		if fmt.Sprint(r.Final) != "[0.801 0 0.803]" || len(r.Curves[0]) != 3 || r.Curves[1] != nil {
			t.Errorf("the curves are %v with final accuracies %v", r.Curves, r.Final)
		}
	}
}

func TestLearningCurvesWithoutFinalAccuraciesAreNotPublished(t *testing.T) {
	if err := study.PublishCurves(curvesOf(t, false), "cnn", study.Smoke); err == nil || !strings.Contains(err.Error(), "1 of 3") {
		t.Errorf("the error is %v, want one that says how many are recorded", err)
	}
	if r, planned, err := study.Recorded("cnn", study.Smoke, run.Published()); err != nil || len(r.Curves) != 0 || planned != 3 {
		t.Errorf("%d of %d published curves are read (%v), want none of 3", len(r.Curves), planned, err)
	}
}

func TestCorruptFinalAccuraciesAreAnErrorThatNamesTheFile(t *testing.T) {
	for name, content := range map[string]string{"no JSON": "{", "a trial that is not there": `{"images": 10, "correct": {"9": 1}}`, "more than all": `{"images": 10, "correct": {"1": 11}}`} {
		s := curvesOf(t, true)
		if err := os.WriteFile(s.FinalsFile(), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := study.Recorded("cnn", study.Smoke, run.Local()); err == nil || !strings.Contains(err.Error(), filepath.Base(s.FinalsFile())) {
			t.Errorf("%s: the error is %v, want one that names the file", name, err)
		}
	}
}
