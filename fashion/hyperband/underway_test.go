package hyperband_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/hyperband"
)

func TestTrainingsUnderWayStandBesideTheJournalUntilTheyAreStale(t *testing.T) {
	s := search(t)
	s.Journal = filepath.Join(t.TempDir(), "journal.jsonl")
	file := filepath.Join(filepath.Dir(s.Journal), "underway.json")
	want := []hyperband.UnderWay{{"one, process 1", 3, 2, 9}, {"two, process 1", 4, 0, 3}}
	if err := s.WriteUnderWay(want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.ReadUnderWay(); err != nil || !slices.Equal(got, want) {
		t.Errorf("under way are %v (%v), want %v", got, err, want)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	year, _, _ := strings.Cut(strings.Split(string(data), `"at": "`)[1], "-")
	for content, wantErr := range map[string]bool{strings.Replace(string(data), year, "2020", 1): false, "{": true} {
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadUnderWay(); len(got) > 0 || (err != nil) != wantErr {
			t.Errorf("of %s under way are %v (%v)", content, got, err)
		}
	}
	for range 2 {
		if err := s.WriteUnderWay(nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.ReadUnderWay(); err != nil || len(got) > 0 {
		t.Errorf("at the end under way are %v (%v)", got, err)
	}
}
