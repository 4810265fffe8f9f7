package hyperband_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestMirrorKeepsTheJournalThatRunWrites(t *testing.T) {
	s, other := search(t), search(t)
	s.Journal, other.Journal = filepath.Join(t.TempDir(), "journal.jsonl"), filepath.Join(t.TempDir(), "journal.jsonl")
	run(t, s, problem.Train)
	from, err := s.Mirror()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	results := from.Machine().Results()
	for _, list := range [][]int{{0, len(results) / 2}, {0, len(results)}} { // the second time half of them are there
		to, err := other.Mirror()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results[list[0]:list[1]] {
			if err := errors.Join(to.Record(r), to.Record(r)); err != nil {
				t.Fatal(err)
			}
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(s.Journal)
	got, err2 := os.ReadFile(other.Journal)
	if err := errors.Join(err, err2); err != nil || string(got) != string(want) {
		t.Errorf("the journal is (%v)\n%s\nwant\n%s", err, got, want)
	}
}

func TestDigestTellsSearchesApart(t *testing.T) {
	s := search(t)
	digest := func() string {
		t.Helper()
		d, err := s.Digest()
		if err != nil || len(d) != 64 {
			t.Fatalf("the digest is %q (%v), want 64 digits", d, err)
		}
		return d
	}
	before := digest()
	s.Journal, s.Retries = "elsewhere", 3
	if digest() != before {
		t.Error("where the journal is changes the digest")
	}
	s.Seed++
	if digest() == before {
		t.Error("another seed has the same digest")
	}
}
