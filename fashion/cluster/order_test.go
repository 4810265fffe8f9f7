package cluster

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"fashionlab/fashion/hyperband"
)

// Tasks end in any order; the events go over the network as JSON.
func TestEventsOfAThousandOrdersMakeTheJournalOfRun(t *testing.T) {
	want := wanted(t, fakeSpec)
	for seed := range uint64(1000) {
		s, err := fakeSearch(fakeSpec)
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLedger(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(seed, 1))
		var tasks []hyperband.Task[point]
		for {
			for task, ok := l.Next(); ok; task, ok = l.Next() {
				tasks = append(tasks, task)
			}
			if len(tasks) == 0 {
				break
			}
			i := random.IntN(len(tasks))
			r, err := tasks[i].Do(scores)
			if err == nil {
				err = l.record(r)
			}
			if err != nil {
				t.Fatalf("order %d: %v", seed, err)
			}
			tasks = append(tasks[:i], tasks[i+1:]...)
		}
		data, err := json.Marshal(l.events)
		if err != nil {
			t.Fatal(err)
		}
		var events []Event
		if err := json.Unmarshal(data, &events); err != nil {
			t.Fatal(err)
		}
		if seed%100 != 0 { // the journal is synced to the disk after each line
			again, err := newLedger(s, events)
			if err != nil || !again.State().Done {
				t.Fatalf("order %d: the events make no finished search: %v", seed, err)
			}
			continue
		}
		s = searchWithJournal(t, fakeSpec)
		m, err := s.Mirror()
		if err != nil {
			t.Fatal(err)
		}
		part := random.IntN(len(events))
		for _, list := range [][]Event{events[:part], events, events[part:]} { // what the journal has already is left out
			if err := mirror(m, list); err != nil {
				t.Fatalf("order %d: %v", seed, err)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if got := journal(t, s.Journal); got != want {
			t.Fatalf("order %d: the journal is\n%s\nwant\n%s", seed, got, want)
		}
	}
}

func TestEventsThatDoNotFitAreErrors(t *testing.T) {
	s := searchWithJournal(t, fakeSpec)
	m, err := s.Mirror()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for want, e := range map[string]Event{
		"want 1 to":      {Trial: 99, Epochs: 1, Scores: []float64{1}},
		"2 scores of 1":  {Trial: 1, Epochs: 1, Scores: []float64{1, 1}},
		"1 scores of 3":  {Trial: 1, Epochs: 3, Scores: []float64{1}},
		"those of a run": {Trial: 1, Epochs: 2, Scores: []float64{1, 1}},
	} {
		if err := mirror(m, []Event{e}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", e, err, want)
		}
	}
}
