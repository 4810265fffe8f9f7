package study_test

import (
	"errors"
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

func TestLearningCurvesArePublishedAndReadAgain(t *testing.T) {
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
	if err := study.PublishCurves(curvesOf(t, false), "cnn", study.Smoke); err == nil || !strings.Contains(err.Error(), "of 3 trials that ended, 1 have") {
		t.Errorf("the error is %v, want one that says how many are recorded", err)
	}
	if r, planned, err := study.Recorded("cnn", study.Smoke, run.Published()); err != nil || len(r.Curves) != 0 || planned != 3 {
		t.Errorf("%d of %d published curves are read (%v), want none of 3", len(r.Curves), planned, err)
	}
}

// Some are recorded on one machine and published, the others on another: no trial is trained twice, and fewer do not replace more.
func TestLearningCurvesGoOnFromThoseThatArePublished(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	full := errors.New("the time is over")
	record := func(most int) (s hyperband.Search[recipes.Recipe], trained int) {
		t.Helper()
		s, err := study.LearningCurves("cnn", study.Smoke)
		if err != nil {
			t.Fatal(err)
		}
		if err := study.ContinueCurves(s, "cnn", study.Smoke); err != nil {
			t.Fatal(err)
		}
		found, err := s.Run(nil, func(r recipes.Recipe, epochs int) ([]float64, error) {
			if trained == most {
				return nil, full
			}
			trained++
			return []float64{0.1, 0.2, 0.3}[:epochs], nil
		})
		if err != nil && !errors.Is(err, full) {
			t.Fatal(err)
		}
		f, err := s.ReadFinals()
		if err != nil {
			t.Fatal(err)
		}
		if f.Correct == nil {
			f = hyperband.Finals{Images: 1000, Correct: map[int]int{}}
		}
		for _, trial := range found.Trials {
			if _, known := f.Correct[trial.ID]; trial.Status == hyperband.Finished && !known {
				f.Correct[trial.ID] = 800 + trial.ID
			}
		}
		if err := s.WriteFinals(f); err != nil {
			t.Fatal(err)
		}
		return s, trained
	}
	first, trained := record(2)
	if err := study.PublishCurves(first, "cnn", study.Smoke); err != nil || trained != 2 {
		t.Fatalf("%d are trained (%v), want 2", trained, err)
	}
	t.Setenv(run.RootVariable, t.TempDir()) // another machine
	second, trained := record(3)
	if err := study.PublishCurves(second, "cnn", study.Smoke); err != nil || trained != 1 {
		t.Fatalf("%d are trained (%v), want the one that is missing", trained, err)
	}
	if r, _, err := study.Recorded("cnn", study.Smoke, run.Published()); err != nil || fmt.Sprint(r.Final) != "[0.801 0.802 0.803]" {
		t.Errorf("the final accuracies are %v (%v)", r.Final, err)
	}
	if err := study.PublishCurves(first, "cnn", study.Smoke); err == nil || !strings.Contains(err.Error(), "3 are published already") {
		t.Errorf("two replace three: %v", err)
	}
	t.Setenv(run.RootVariable, t.TempDir())
	s, err := study.LearningCurves("cnn", study.Smoke)
	if err != nil {
		t.Fatal(err)
	}
	published := filepath.Join(os.Getenv(run.PublishedVariable), "smoke", "curves", "cnn", "journal.jsonl")
	if err := os.WriteFile(published, []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := study.ContinueCurves(s, "cnn", study.Smoke); err == nil || !strings.Contains(err.Error(), published) {
		t.Errorf("corrupt curves are continued: %v", err)
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
