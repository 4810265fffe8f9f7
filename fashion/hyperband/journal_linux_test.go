package hyperband_test

import (
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion/hyperband"
)

// A limit on file sizes stands for a disk that is full: both end a write in its middle.
func TestFullDiskEndsTheSearchWhichThenResumes(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	s := search(t)
	trained := 0
	worker := func(p point, epochs int) ([]float64, error) {
		if trained++; trained == 10 {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 3000, Max: limit.Max}); err != nil {
				return nil, err
			}
		}
		return problem.Train(p, epochs)
	}
	_, err := s.Run(nil, worker)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), "free some space") || !strings.Contains(err.Error(), s.Journal) {
		t.Fatalf("the error is %v", err)
	}
	before, err := s.Read()
	if err != nil || before.Epochs < 9 {
		t.Errorf("%d epochs are kept (%v), want 9 or more", before.Epochs, err)
	}
	if got, want := outcome(run(t, s, hyperband.Worker[point](problem.Train))), outcome(run(t, search(t), problem.Train)); got != want {
		t.Errorf("the search found\n%s\nwant\n%s", got, want)
	}
}
