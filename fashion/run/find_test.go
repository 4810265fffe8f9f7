package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

func TestARunOfThisMachineIsFoundBeforeAPublishedOne(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	dir, err := run.Local().Path("cnn")
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, recipe())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.Finish(), r.Publish("cnn", nil), r.Close()); err != nil {
		t.Fatal(err)
	}
	if found, err := run.Find("cnn"); err != nil || found.Published {
		t.Errorf("it is %+v (%v), want this machine's", found, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	published, err := run.Find("cnn")
	if err != nil || !published.Published {
		t.Fatalf("it is %+v (%v), want the published one", published, err)
	}
	if _, err := run.Find("none"); !errors.Is(err, run.ErrNotFound) || !strings.Contains(err.Error(), filepath.Dir(dir)) {
		t.Errorf("without any the error is %v, want one that names this machine's folder", err)
	}
	if err := os.WriteFile(filepath.Join(published.Dir, "history.json"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Find("cnn"); err == nil || errors.Is(err, run.ErrNotFound) || !strings.Contains(err.Error(), published.Dir) {
		t.Errorf("of a corrupt published one the error is %v, want one that names it", err)
	}
}
