package hyperband_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"fashionlab/fashion/hyperband"
)

type point = hyperband.Point

var problem = hyperband.Synthetic{Noise: 0.02}

// search is one of R = 27, eta = 3 with its journal in a folder of the test's.
func search(t testing.TB) hyperband.Search[point] {
	brackets, err := hyperband.Brackets(27, 3, hyperband.Algorithm1)
	if err != nil {
		t.Fatal(err)
	}
	return hyperband.Search[point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 5, Journal: filepath.Join(t.TempDir(), "journal.jsonl")}
}

// fakeTrainer trains as a real worker does: what is trained stays trained, even if the search forgets it.
type fakeTrainer struct {
	mu      sync.Mutex
	trained map[point]int
	epochs  int // done in all
}

func (g *fakeTrainer) train(p point, epochs int) ([]float64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trained == nil {
		g.trained = map[point]int{}
	}
	if more := epochs - g.trained[p]; more > 0 {
		g.epochs += more
		g.trained[p] = epochs
	}
	return problem.Train(p, epochs)
}

// outcome describes all that a search found.
func outcome(s hyperband.State[point]) string {
	var b strings.Builder
	for _, t := range s.Ranking() {
		fmt.Fprintln(&b, t.ID, t.Config, len(t.Scores), t.Score(0))
	}
	for _, t := range s.Trials {
		fmt.Fprintln(&b, t.ID, t.Rung, t.Status, t.Reason)
	}
	return b.String()
}

func run(t testing.TB, s hyperband.Search[point], workers ...hyperband.Worker[point]) hyperband.State[point] {
	t.Helper()
	found, err := s.Run(nil, workers...)
	if err != nil {
		t.Fatal(err)
	}
	if !found.Done {
		t.Fatal("the search ended and is not done")
	}
	return found
}

func TestSearchTrainsWhatItsTableSaysAndNothingMore(t *testing.T) {
	s := search(t)
	var g fakeTrainer
	found := run(t, s, g.train)
	if plan := hyperband.Cost(s.Brackets); g.epochs != plan.Epochs || found.Epochs != plan.Epochs || len(found.Trials) != plan.Trials {
		t.Errorf("%d epochs were trained, %d are reported, of %d trials; the plan is %+v", g.epochs, found.Epochs, len(found.Trials), plan)
	}
	for b, bracket := range s.Brackets {
		for i, rung := range bracket.Rungs {
			reached := 0
			for _, trial := range found.Trials {
				if trial.Bracket == b && trial.Rung >= i {
					reached++
					if len(trial.Scores) < rung.Epochs {
						t.Errorf("trial %d is in rung %d after %d epochs, want %d", trial.ID, i, len(trial.Scores), rung.Epochs)
					}
				}
			}
			if reached != rung.Trials {
				t.Errorf("bracket %d: %d trials reached rung %d, want %d", b, reached, i, rung.Trials)
			}
		}
	}
	best := found.Ranking()[0]
	if got, want := problem.Final(best.Config), 0.7; got < want {
		t.Errorf("the best trial's final accuracy is %.3f, want %.2f or more", got, want)
	}
}

func TestPromotionTakesTheBestOfARung(t *testing.T) {
	s := search(t)
	found := run(t, s, problem.Train)
	for _, dropped := range found.Trials {
		for _, kept := range found.Trials {
			if dropped.Status != hyperband.Dropped || kept.Bracket != dropped.Bracket || kept.Rung <= dropped.Rung {
				continue
			}
			if epochs := found.RungEpochs(dropped); kept.Score(epochs) < dropped.Score(epochs) {
				t.Errorf("after %d epochs trial %d was dropped with %.4f and trial %d kept with %.4f",
					epochs, dropped.ID, dropped.Score(epochs), kept.ID, kept.Score(epochs))
			}
		}
	}
}

func TestOutcomeIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	want := outcome(run(t, search(t), problem.Train))
	for _, n := range []int{2, 4, 9} {
		var g fakeTrainer
		var workers []hyperband.Worker[point]
		for range n {
			workers = append(workers, g.train)
		}
		if got := outcome(run(t, search(t), workers...)); got != want {
			t.Errorf("with %d workers the search found\n%s\nwith one\n%s", n, got, want)
		}
	}
}

// A process that is killed leaves the beginning of its journal, cut at any byte, and the trainings that it finished.
func TestSearchKilledAtAnyByteEndsAlikeAndTrainsNothingTwice(t *testing.T) {
	s := search(t)
	var g fakeTrainer
	want := outcome(run(t, s, g.train))
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		cut := r.IntN(len(complete) + 1)
		if err := os.WriteFile(s.Journal, complete[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		resumed := fakeTrainer{trained: map[point]int{}}
		before, err := s.Read() // what the journal still records
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		for _, trial := range before.Trials {
			resumed.trained[trial.Config] = len(trial.Scores)
		}
		if got := outcome(run(t, s, resumed.train)); got != want {
			t.Fatalf("cut at byte %d of %d, the search found\n%s\nwithout the kill\n%s", cut, len(complete), got, want)
		}
		if sum := before.Epochs + resumed.epochs; sum != g.epochs {
			t.Errorf("cut at byte %d, %d epochs were trained before and after, want %d", cut, sum, g.epochs)
		}
		if after, err := os.ReadFile(s.Journal); err != nil || !bytes.Equal(withoutTimes(after), withoutTimes(complete)) {
			t.Fatalf("cut at byte %d, the journal differs (%v)", cut, err)
		}
	}
}

// withoutTimes leaves a journal's seconds out.
func withoutTimes(journal []byte) []byte {
	var lines [][]byte
	for line := range bytes.Lines(journal) {
		before, _, _ := bytes.Cut(line, []byte(`"seconds"`))
		lines = append(lines, before)
	}
	return bytes.Join(lines, nil)
}

func TestFinishedSearchIsOnlyRead(t *testing.T) {
	s := search(t)
	want := outcome(run(t, s, problem.Train))
	never := func(point, int) ([]float64, error) { return nil, errors.New("trained again") }
	if got := outcome(run(t, s, never)); got != want {
		t.Errorf("read again, the search is\n%s\nwant\n%s", got, want)
	}
	if read, err := s.Read(); err != nil || outcome(read) != want || !read.Done {
		t.Errorf("reading gives %v, done %v", err, read.Done)
	}
}

func TestSmallSpaceEndsAndTrainsEachConfigurationOnce(t *testing.T) {
	s := search(t)
	s.Space = hyperband.Space[point]{hyperband.Choice("a", func(p *point, v float64) { p[0] = v }, 0.1, 0.2, 0.3)}
	var g fakeTrainer
	found := run(t, s, g.train)
	if len(found.Ranking()) != 3 || g.epochs > 3*27 {
		t.Errorf("%d configurations were ranked after %d epochs, want 3 after at most 81", len(found.Ranking()), g.epochs)
	}
	duplicates := 0
	for _, trial := range found.Trials {
		if trial.Status == hyperband.Duplicate {
			duplicates++
		}
	}
	if want := 27 - 3 + 12 - 3 + 6 - 3 + 4 - 3; duplicates != want {
		t.Errorf("%d trials are duplicates in their bracket, want %d", duplicates, want)
	}
}

func TestTrialThatCannotBeTrainedFailsAndTheSearchContinues(t *testing.T) {
	s := search(t)
	bad := func(p point) bool { return p[0] < 0.3 }
	worker := func(p point, epochs int) ([]float64, error) {
		if bad(p) && epochs > 1 {
			return nil, fmt.Errorf("step 12: the loss is NaN: %w", hyperband.ErrFailed)
		}
		return problem.Train(p, epochs)
	}
	found := run(t, s, worker)
	failed := 0
	for _, trial := range found.Trials {
		if trial.Status == hyperband.Failed {
			failed++
			if !bad(trial.Config) || !strings.Contains(trial.Reason, "step 12") {
				t.Errorf("trial %d at %v failed: %s", trial.ID, trial.Config, trial.Reason)
			}
		} else if bad(trial.Config) && trial.Rung > 0 && trial.Status == hyperband.Finished {
			t.Errorf("trial %d at %v finished", trial.ID, trial.Config)
		}
	}
	if failed == 0 {
		t.Error("no trial was failed")
	}
	for _, trial := range found.Ranking() {
		if trial.Status == hyperband.Failed {
			t.Errorf("trial %d failed in rung %d and is ranked by its scores before", trial.ID, trial.Rung+1)
		}
	}
	if read, err := s.Read(); err != nil || outcome(read) != outcome(found) {
		t.Errorf("the journal gives another outcome (%v)", err)
	}
}

func TestScoreThatIsNotANumberFailsTheTrial(t *testing.T) {
	s := search(t)
	first := true
	found := run(t, s, func(p point, epochs int) ([]float64, error) {
		scores, err := problem.Train(p, epochs)
		if first {
			first, scores[0] = false, scores[0]/0*0
		}
		return scores, err
	})
	if got := found.Trials[0]; got.Status != hyperband.Failed || !strings.Contains(got.Reason, "epoch 1") {
		t.Errorf("the trial is %s: %s", got.Status, got.Reason)
	}
}

func TestAnotherErrorIsTriedAgain(t *testing.T) {
	s := search(t)
	s.Retries = 2
	calls := 0
	found := run(t, s, func(p point, epochs int) ([]float64, error) {
		if calls++; calls%3 != 0 {
			return nil, errors.New("the machine went away")
		}
		return problem.Train(p, epochs)
	})
	if want := outcome(run(t, search(t), problem.Train)); outcome(found) != want {
		t.Errorf("with retries the search found\n%s\nwithout\n%s", outcome(found), want)
	}
	if journal, err := os.ReadFile(s.Journal); err != nil || !bytes.Contains(journal, []byte("the machine went away")) {
		t.Errorf("the journal does not record the retries (%v)", err)
	}
}

func TestErrorThatPersistsEndsTheSearchWhichThenResumes(t *testing.T) {
	s := search(t)
	calls := 0
	_, err := s.Run(nil, func(p point, epochs int) ([]float64, error) {
		if calls++; calls > 20 {
			return nil, errors.New("no space left on device")
		}
		return problem.Train(p, epochs)
	}, problem.Train)
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("the error is %v", err)
	}
	before, err := s.Read()
	if err != nil || before.Epochs == 0 {
		t.Fatalf("%d epochs are kept (%v)", before.Epochs, err)
	}
	if got, want := outcome(run(t, s, problem.Train)), outcome(run(t, search(t), problem.Train)); got != want {
		t.Errorf("the search found\n%s\nwant\n%s", got, want)
	}
}

func TestInvalidSearchIsAnErrorThatSaysWhy(t *testing.T) {
	set := func(*point, float64) {}
	for want, spoil := range map[string]func(*hyperband.Search[point]){
		"no values to choose from": func(s *hyperband.Search[point]) {
			s.Space[0] = hyperband.Choice("rate", func(*point, string) {})
		},
		"space is empty":   func(s *hyperband.Search[point]) { s.Space = nil },
		"rate goes from 2": func(s *hyperband.Search[point]) { s.Space[0] = hyperband.Range("rate", set, 2, 1) },
		"positive range":   func(s *hyperband.Search[point]) { s.Space[0] = hyperband.LogRange("rate", set, 0, 1) },
		`two parameters`:   func(s *hyperband.Search[point]) { s.Space[1].Name = s.Space[0].Name },
		"no Set":           func(s *hyperband.Search[point]) { s.Space[1].Set = nil },
		"no brackets":      func(s *hyperband.Search[point]) { s.Brackets = nil },
		"has no rungs":     func(s *hyperband.Search[point]) { s.Brackets[0].Rungs = nil },
		"no fewer epochs": func(s *hyperband.Search[point]) {
			s.Brackets = []hyperband.Bracket{{Rungs: []hyperband.Rung{{Trials: 3, Epochs: 3}, {Trials: 1, Epochs: 1}}}}
		},
		"has 1 configurations": func(s *hyperband.Search[point]) { s.Configurations = make([]point, 1) },
	} {
		s := search(t)
		spoil(&s)
		if _, err := s.Run(nil, problem.Train); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		if _, err := os.Stat(s.Journal); err == nil {
			t.Errorf("%s: a journal was made", want)
		}
	}
	if _, err := search(t).Run(nil); err == nil {
		t.Error("a search without workers is no error")
	}
}

// A sample of the dropped trials shares the configurations, so that a worker resumes them.
func TestSampleTrainsDroppedConfigurationsToTheEnd(t *testing.T) {
	s := search(t)
	found := run(t, s, problem.Train)
	sample := s.Sample(found, 5, "")
	continued := run(t, sample, problem.Train)
	if len(continued.Trials) != 5 {
		t.Fatalf("%d trials were continued, want 5", len(continued.Trials))
	}
	for _, trial := range continued.Trials {
		if !slices.Contains(found.Dropped(), trial.Config) || len(trial.Scores) != 27 {
			t.Errorf("trial at %v with %d epochs was not dropped, or not trained to the end", trial.Config, len(trial.Scores))
		}
	}
}

func TestWorkerThatPanicsOrIsMissingEndsTheSearchWithAnError(t *testing.T) {
	for want, worker := range map[string]hyperband.Worker[point]{
		"the worker panicked: on purpose": func(point, int) ([]float64, error) { panic("on purpose") },
		"the worker is nil":               nil,
	} {
		if _, err := search(t).Run(nil, worker); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
