package train_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/internal/compilecache"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func TestExtendedRunEndsAsOneThatHadAllEpochsAtOnce(t *testing.T) {
	needBackend(t)
	undisturbed := fit(t, "undisturbed", recipe())
	short := recipe()
	short.Epochs = 1
	fit(t, "extended", short)
	extended, err := train.Extend("extended", recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, extended), outcome(t, undisturbed); !reflect.DeepEqual(got, want) {
		t.Errorf("extended: %+v\nundisturbed: %+v\nor their tensors differ", got.State, want.State)
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
	second.Model.Dropout, second.Schedule, second.Epochs, second.Seed, second.Data.SplitSeed = 0.4, recipes.Schedule{}, 2, 4, 2
	second.Optimizer.LearningRate, second.Optimizer.Beta1, second.Optimizer.Beta2, second.Optimizer.WeightDecay = 0.001, 0.8, 0.999, 0
	var trainer train.Trainer
	if _, err := trainer.Fit("first", recipe(), nil); err != nil {
		t.Fatal(err)
	}
	got, err := trainer.Fit("second", second, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := trainer.Programs(); n != 1 {
		t.Errorf("the trainer has %d programs, want one for both recipes", n)
	}
	if got, want := outcome(t, got), outcome(t, fit(t, "alone", second)); !reflect.DeepEqual(got, want) {
		t.Errorf("after another: %+v\nalone: %+v\nor their tensors differ", got.State, want.State)
	}
	other := still()
	if _, err := trainer.Fit("other", other, nil); err != nil || trainer.Programs() != 2 {
		t.Errorf("with a recipe of other graphs the trainer has %d programs (%v), want two", trainer.Programs(), err)
	}
}

// smallSearch is a search of that name with real trainings that take seconds in all.
func smallSearch(name string) (hyperband.Search[recipes.Recipe], error) {
	s, err := study.Search("cnn", study.Smoke, study.Budget{R: 4, Eta: 2, Rounding: hyperband.Algorithm1})
	if err != nil {
		return s, err
	}
	s.Base.Data.Limit, s.Base.Batch, s.Base.Model.Filters, s.Base.Model.Hidden = 200, 16, 4, 16
	s.Space = s.Space[1:] // one optimizer, one compilation
	path, err := run.Local().Path(name)
	s.Journal = filepath.Join(path, "journal.jsonl")
	return s, err
}

func newSearch(t *testing.T, name string) hyperband.Search[recipes.Recipe] {
	t.Helper()
	s, err := smallSearch(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// found describes what a search found.
func found(s hyperband.State[recipes.Recipe]) string {
	var b strings.Builder
	for _, t := range s.Ranking() {
		fmt.Fprintln(&b, t.ID, t.Scores)
	}
	for _, t := range s.Trials {
		fmt.Fprintln(&b, t.ID, t.Rung, t.Status, t.Reason)
	}
	return b.String()
}

func search(t *testing.T, s hyperband.Search[recipes.Recipe], workers int) hyperband.State[recipes.Recipe] {
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

// searchVariable makes the test program do the small search of that name and kill itself in the second training, or right after it. The
// variable killVariable is how many times that has happened before.
const (
	searchVariable = "FASHIONLAB_TEST_SEARCH"
	killVariable   = "FASHIONLAB_TEST_KILL"
)

// searchAndDie is the child's part. It kills itself in turn at the start of its second training, a while into it, and between the checkpoint
// of that and the journal; where the training is faster than that, right after it.
func searchAndDie(name string) error {
	s, err := smallSearch(name)
	if err != nil {
		return err
	}
	kill, err := strconv.Atoi(os.Getenv(killVariable))
	if err != nil {
		return err
	}
	watched := filepath.Join(filepath.Dir(s.Journal), "trials", "*")
	if kill%3 == 2 {
		watched = filepath.Join(watched, "checkpoints", "*")
	}
	reports := 0 // the first comes before the first training
	_, err = train.Search(s, 1, func(hyperband.State[recipes.Recipe]) {
		switch reports++; reports {
		case 2:
			before := listing(watched)
			go func() {
				for listing(watched) == before {
					time.Sleep(time.Millisecond)
				}
				if kill%3 == 1 {
					time.Sleep(time.Duration(kill*20) * time.Millisecond)
				}
				killSelf()
			}()
		case 3:
			killSelf()
		}
	})
	return err
}

// listing is the files that match a pattern, with their times.
func listing(pattern string) string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil { // else it has gone since
			fmt.Fprintln(&b, path, info.ModTime())
		}
	}
	return b.String()
}

func TestSearchKilledTenTimesEndsAlikeAndTrainsNoEpochTwice(t *testing.T) {
	needBackend(t)
	want := search(t, newSearch(t, "undisturbed"), 1)
	s := newSearch(t, "killed")
	kills := 0
	for kills < 10 && killed(t, searchVariable+"=killed", killVariable+"="+strconv.Itoa(kills)) {
		kills++
		t.Logf("killed after %d epochs", trainings(t, s))
	}
	if kills < 5 { // at most two trainings of each child are in the journal
		t.Errorf("the search was killed %d times only", kills)
	}
	resumed := search(t, s, 1)
	if found(resumed) != found(want) {
		t.Errorf("killed:\n%s\nundisturbed:\n%s", found(resumed), found(want))
	}
}

// trainings counts the epochs in a search's journal.
func trainings(t *testing.T, s hyperband.Search[recipes.Recipe]) int {
	t.Helper()
	state, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	return state.Epochs
}

func TestOptimizersShareTheGraphOfTheGradients(t *testing.T) {
	needBackend(t)
	first := recipe()
	first.Batch, first.Epochs = 64, 1 // which is divided
	second := first
	second.Optimizer = recipes.Optimizer{Name: "rmsprop", LearningRate: 0.001, Beta2: 0.9, Epsilon: 1e-7}
	var trainer train.Trainer
	before := compilecache.Compilations()
	if _, err := trainer.Fit("nadam", first, nil); err != nil {
		t.Fatal(err)
	}
	between := compilecache.Compilations()
	if between == before {
		t.Skip("this backend's compilations are not counted")
	}
	if _, err := trainer.Fit("rmsprop", second, nil); err != nil {
		t.Fatal(err)
	}
	if n := compilecache.Compilations() - between; n != 1 {
		t.Errorf("the second optimizer has %d graphs compiled after %d, want its update alone", n, between-before)
	}
}
