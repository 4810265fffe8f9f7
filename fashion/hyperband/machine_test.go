package hyperband_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/hyperband"
)

// do trains a task of the synthetic problem.
func do(t *testing.T, task hyperband.Task[point]) hyperband.Result {
	t.Helper()
	scores, err := problem.Train(task.Config, task.Epochs)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(task.Config)
	if err != nil {
		t.Fatal(err)
	}
	return hyperband.Result{Trial: task.Trial, Config: config, Epochs: task.Epochs, Scores: scores, Seconds: 1}
}

// Tasks are done by up to 10 workers that finish in any order, one of which may repeat what another has done.
func TestMachineFindsTheSameInAnyOrderOfResults(t *testing.T) {
	s := search(t)
	want := outcome(run(t, s, problem.Train))
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 1))
		m, err := s.Machine()
		if err != nil {
			t.Fatal(err)
		}
		workers := 1 + random.IntN(10)
		var underWay []hyperband.Task[point]
		for {
			for len(underWay) < workers {
				task, ok := m.Next()
				if !ok {
					break
				}
				underWay = append(underWay, task)
			}
			if m.Busy() != len(underWay) {
				t.Fatalf("order %d: %d tasks are under way, the machine has %d", seed, len(underWay), m.Busy())
			}
			if len(underWay) == 0 {
				break
			}
			i := random.IntN(len(underWay))
			task := underWay[i]
			underWay = append(underWay[:i], underWay[i+1:]...)
			if err := m.Record(do(t, task)); err != nil {
				t.Fatalf("order %d: %v", seed, err)
			}
			if err := m.Record(do(t, task)); err == nil {
				t.Fatalf("order %d: the same result was recorded twice", seed)
			}
		}
		if found := m.State(); !found.Done || outcome(found) != want {
			t.Fatalf("order %d, %d workers: done is %v, and the search found\n%s\nwant\n%s", seed, workers, found.Done, outcome(found), want)
		}
	}
}

// What was recorded is all that a machine is: another one that is told the results, without having given the tasks, goes on as the first would.
func TestMachineResumesFromResults(t *testing.T) {
	s := search(t)
	want := outcome(run(t, s, problem.Train))
	var results []hyperband.Result
	m, err := s.Machine()
	if err != nil {
		t.Fatal(err)
	}
	for task, ok := m.Next(); ok; task, ok = m.Next() {
		r := do(t, task)
		results = append(results, r)
		if err := m.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	for n := range results {
		again, err := s.Machine()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results[:n] {
			if err := again.Record(r); err != nil {
				t.Fatalf("result %d: %v", n, err)
			}
		}
		trained := 0
		for task, ok := again.Next(); ok; task, ok = again.Next() {
			trained++
			if err := again.Record(do(t, task)); err != nil {
				t.Fatal(err)
			}
		}
		if trained != len(results)-n || outcome(again.State()) != want {
			t.Fatalf("after %d results of %d, %d tasks were done, and the search found\n%s\nwant\n%s", n, len(results), trained, outcome(again.State()), want)
		}
	}
}

func TestMachineRefusesResultsOfNoTask(t *testing.T) {
	m, err := search(t).Machine()
	if err != nil {
		t.Fatal(err)
	}
	task, _ := m.Next()
	good := do(t, task)
	for name, spoil := range map[string]func(*hyperband.Result){
		"another configuration": func(r *hyperband.Result) { r.Config = json.RawMessage(`{}`) },
		"no trial":              func(r *hyperband.Result) { r.Trial = 0 },
		"epochs of no rung":     func(r *hyperband.Result) { r.Epochs++ },
		"too few scores":        func(r *hyperband.Result) { r.Scores = r.Scores[:0] },
	} {
		r := good
		spoil(&r)
		if err := m.Record(r); err == nil || m.Busy() != 1 {
			t.Errorf("%s: the error is %v, and %d tasks are under way, want an error and 1", name, err, m.Busy())
		}
	}
	if err := m.Record(good); err != nil || m.Busy() != 0 {
		t.Errorf("a good result: %v, %d tasks under way", err, m.Busy())
	}
}
