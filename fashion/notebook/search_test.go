package notebook_test

import (
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

func TestSearchOfAnotherProcessIsFollowedToItsEnd(t *testing.T) {
	s, err := study.Search("cnn", study.Smoke, study.Budget{R: 3, Eta: 3, Rounding: hyperband.Algorithm1})
	if err != nil {
		t.Fatal(err)
	}
	s.Journal = filepath.Join(t.TempDir(), "journal.jsonl")
	if _, err := notebook.FollowSearch(s); err == nil || !strings.Contains(err.Error(), "nobody is searching") {
		t.Fatalf("without a search: %v, want an error that says so", err)
	}
	lock, err := disk.NewLock(filepath.Dir(s.Journal))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	followed := make(chan error)
	first, next := make(chan bool), make(chan bool)
	go func() {
		_, err := s.Run(nil, func(_ recipes.Recipe, epochs int) ([]float64, error) {
			first <- true
			<-next
			return []float64{0.5, 0.6, 0.7}[:epochs], nil
		})
		followed <- err
	}()
	<-first // the search is under way
	if err := s.WriteUnderWay([]hyperband.UnderWay{{Worker: "one", Trial: 1, Epochs: 1}}); err != nil {
		t.Fatal(err)
	}
	go func() {
		found, err := notebook.FollowSearch(s)
		if err == nil && !found.Done {
			t.Error("the search is not done")
		}
		followed <- err
	}()
	for ends := 0; ends < 2; {
		select {
		case next <- true:
		case <-first:
		case err := <-followed:
			if ends++; err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLineOfASearchHasTheTrainingsUnderWay(t *testing.T) {
	got := notebook.SearchLine(hyperband.State[recipes.Recipe]{Epochs: 3, Planned: 69}, hyperband.UnderWay{Worker: "one, process 12", Trial: 3, Done: 2, Epochs: 9}, hyperband.UnderWay{Worker: "two"})
	if want := "3 of 69 epochs\n  one, process 12: trial 3, 2 of 9 epochs\n  two: "; !strings.HasPrefix(got, want) {
		t.Errorf("the line is %q, want %q", got, want)
	}
}
