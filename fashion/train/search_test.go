package train_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestExtendedRunEndsAsOneThatHadAllEpochsAtOnce(t *testing.T) {
	needBackend(t)
	whole := fit(t, "whole", recipe())
	short := recipe()
	short.Epochs = 1
	fit(t, "extended", short)
	extended, err := train.Extend("extended", recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, extended), outcome(t, whole); !reflect.DeepEqual(got, want) {
		t.Errorf("extended: %+v\nwhole: %+v\nor their tensors differ", got.State, want.State)
	}
	again, err := train.Extend("extended", short, nil)
	if err != nil || len(again.History) != recipe().Epochs {
		t.Errorf("extended to fewer epochs than it has, the run has %d (%v)", len(again.History), err)
	}
	other := recipe()
	other.Seed++
	if _, err := train.Extend("extended", other, nil); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Errorf("extending a run of another seed: %v", err)
	}
}

// What a Trainer trained before must leave no trace in what it trains now.
func TestTrainerEndsAsATrainingOfItsOwn(t *testing.T) {
	needBackend(t)
	second := recipe()
	second.Model.Dropout, second.Schedule, second.Epochs, second.Seed, second.Data.SplitSeed = 0.4, run.Schedule{}, 2, 4, 2
	second.Optimizer.Rate, second.Optimizer.Beta1, second.Optimizer.Beta2, second.Optimizer.WeightDecay = 0.001, 0.8, 0.999, 0
	var trainer train.Trainer
	if _, err := trainer.Fit("first", recipe(), nil); err != nil {
		t.Fatal(err)
	}
	got, err := trainer.Fit("second", second, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Record.CompileSeconds > 0.5*fit(t, "alone", second).Record.CompileSeconds {
		t.Errorf("the second recipe was compiled anew: %.2f s", got.Record.CompileSeconds)
	}
	if got, want := outcome(t, got), outcome(t, fit(t, "alone", second)); !reflect.DeepEqual(got, want) {
		t.Errorf("after another: %+v\nalone: %+v\nor their tensors differ", got.State, want.State)
	}
}

// smallSearch is a search of that name with real trainings that take seconds in all.
func smallSearch(name string) (hyperband.Search[run.Recipe], error) {
	s, err := recipes.Search("cnn", recipes.Smoke, recipes.Budget{R: 4, Eta: 2, Rounding: hyperband.Algorithm1})
	if err != nil {
		return s, err
	}
	s.Base.Data.Limit, s.Base.Batch = 200, 16
	s.Space = s.Space[1:] // one optimizer, one compilation
	path, err := run.Path(name)
	s.Journal = filepath.Join(path, "journal.jsonl")
	return s, err
}

func newSearch(t *testing.T, name string) hyperband.Search[run.Recipe] {
	t.Helper()
	s, err := smallSearch(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// found describes what a search found.
func found(s hyperband.State[run.Recipe]) string {
	var b strings.Builder
	for _, t := range s.Ranking() {
		fmt.Fprintln(&b, t.ID, t.Scores)
	}
	for _, t := range s.Trials {
		fmt.Fprintln(&b, t.ID, t.Rung, t.Status, t.Reason)
	}
	return b.String()
}

func search(t *testing.T, s hyperband.Search[run.Recipe], workers int) hyperband.State[run.Recipe] {
	t.Helper()
	state, err := train.Search(s, workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestSearchFindsTheSameWithAnyNumberOfWorkersAndKeepsNoCheckpointOfADroppedTrial(t *testing.T) {
	needBackend(t)
	s := newSearch(t, "one")
	one := search(t, s, 1)
	for _, n := range []int{2, 4} {
		if got := found(search(t, newSearch(t, fmt.Sprint(n)), n)); got != found(one) {
			t.Errorf("with %d workers:\n%s\nwith one:\n%s", n, got, found(one))
		}
	}
	for _, trial := range one.Trials {
		kept, err := filepath.Glob(filepath.Join(train.TrialRun(filepath.Dir(s.Journal), trial.Config), "checkpoints", "best*"))
		if err != nil {
			t.Fatal(err)
		}
		if want := trial.Status == hyperband.Finished; want != (len(kept) == 1) {
			t.Errorf("trial %d is %s and has %d checkpoints", trial.ID, trial.Status, len(kept))
		}
	}
	if _, err := train.Search(s, 0, nil); err == nil {
		t.Error("a search without workers is no error")
	}
}

// searchVariable makes the test program do the small search of that name, so that a test can kill it.
const searchVariable = "FASHIONLAB_TEST_SEARCH"

func TestSearchKilledTenTimesEndsAlikeAndTrainsNoEpochTwice(t *testing.T) {
	needBackend(t)
	want := search(t, newSearch(t, "whole"), 1)
	s := newSearch(t, "killed")
	kills := 0
	for kills < 10 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), searchVariable+"=killed")
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		before := trainings(t, s)
		for deadline := time.Now().Add(time.Minute); trainings(t, s) == before && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(kills*23) * time.Millisecond) // into the next training, less or more
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			break // it was faster
		}
		kills++
	}
	t.Logf("killed %d times", kills)
	if kills < 5 {
		t.Errorf("the search was killed %d times only", kills)
	}
	resumed := search(t, s, 1)
	if found(resumed) != found(want) {
		t.Errorf("killed:\n%s\nundisturbed:\n%s", found(resumed), found(want))
	}
}

// trainings counts what a search's journal tells.
func trainings(t *testing.T, s hyperband.Search[run.Recipe]) int {
	t.Helper()
	state, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	return state.Epochs
}
