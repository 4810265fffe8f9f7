package run_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestEpochPredictionsAreThoseOfAllEpochsOrNone(t *testing.T) {
	t.Setenv(run.PublishedVariable, t.TempDir())
	indices, labels := []int32{3, 7, 9}, []fashion.Label{0, 1, 2}
	begin := func() *run.Run {
		r, err := run.Begin(filepath.Join(t.TempDir(), "run"), study.CNN(study.Smoke))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	keep := func(r *run.Run, epoch int, classes ...fashion.Label) {
		t.Helper()
		if err := r.KeepEpoch(epoch, indices, labels, classes); err != nil {
			t.Fatal(err)
		}
	}
	r := begin()
	keep(r, 1, 0, 1, 1)
	keep(r, 2, 0, 0, 2) // before the process was killed, which had not saved the epoch's state
	keep(r, 2, 0, 1, 2)
	if _, err := r.EpochPredictions(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with a history of no epoch the error is %v, want that they do not exist", err)
	}
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}, {Epoch: 2}}), r.Finish(), r.Publish("here", nil)); err != nil {
		t.Fatal(err)
	}
	want := run.EpochPredictions{Indices: indices, Labels: labels, Classes: [][]fashion.Label{{0, 1, 1}, {0, 1, 2}}}
	published, err := run.Published().Open("here")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*run.Run{r, published} {
		if got, err := r.EpochPredictions(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s has %+v (%v), want %+v", r.Dir, got, err, want)
		}
		if problems := r.Check(); len(problems) > 0 {
			t.Error(problems)
		}
	}
	if err := os.WriteFile(filepath.Join(published.Dir, "predictions", "epochs.npz"), []byte("corrupt"), 0o666); err != nil {
		t.Fatal(err)
	}
	var corrupt *run.CorruptError
	if _, err := published.EpochPredictions(); !errors.As(err, &corrupt) {
		t.Errorf("the error of a corrupt file is %v", err)
	}

	// A run that was begun before they were kept.
	old := begin()
	keep(old, 2, 0, 1, 2)
	if _, err := os.Stat(filepath.Join(old.Dir, "predictions", "epochs.npz")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("epoch 2 is kept without epoch 1 (%v)", err)
	}
	if err := old.KeepEpoch(1, indices, labels, []fashion.Label{0, 1, 10}); err == nil {
		t.Error("a class that no model predicts is kept")
	}
}
