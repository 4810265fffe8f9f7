package run_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"fashionlab/fashion/run"
)

func TestPublishedRunHasWhatWasMeasuredWithoutCheckpoints(t *testing.T) {
	module := t.TempDir()
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte("module fashionlab\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(module)
	r, err := run.Begin(filepath.Join(module, "runs", "full", "cnn"), recipe())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Publish("full/cnn", nil); err == nil {
		t.Error("a run that is not finished was published")
	}
	r.Record.Backend = `PJRT "cpu" plugin (/home/somebody/plugin.so) v0.115 [1 device(s)]`
	checkpoint := run.Checkpoint{State: run.State{Recipe: recipe()}}
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1, Loss: 0.5}}), r.SaveCheckpoint(run.Best, checkpoint), r.Finish(), r.Publish("full/cnn", nil)); err != nil {
		t.Fatal(err)
	}
	p, err := run.Published().Open("full/cnn")
	if err != nil || !p.Published || !p.Finished() || p.Recipe != recipe() || len(p.History) != 1 {
		t.Errorf("the published run is %+v (%v)", p, err)
	}
	if want := `PJRT "cpu" plugin v0.115 [1 device(s)]`; p.Record.Backend != want {
		t.Errorf("its backend is %s, want %s", p.Record.Backend, want)
	}
	if _, found, err := p.LoadCheckpoint(run.Best); found || err != nil {
		t.Errorf("it has a checkpoint (%v)", err)
	}
	if _, err := run.Published().Open("full/none"); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("a run that was not published: %v", err)
	}
}

var update = flag.Bool("update", false, "give published runs that have no manifest one of their files as they are; look at the difference before committing")

func TestPublishedRunsAreWhatTheirManifestsSay(t *testing.T) {
	store := run.StoreAt(filepath.Join("..", "..", "notebooks", "published"), true)
	runs, err := store.List()
	if err != nil || len(runs) < 6 {
		t.Fatalf("%d published runs (%v), want 6 or more", len(runs), err)
	}
	for _, r := range runs {
		if r.Unchecked() && *update {
			if err := run.Seal(r.Dir); err != nil {
				t.Fatal(err)
			}
		}
		again, err := run.Open(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if again.Unchecked() {
			t.Errorf("%s has no manifest; run `go test ./fashion/run -run PublishedRunsAre -update`", r.Dir)
		}
		for _, problem := range again.Check() {
			t.Error(problem)
		}
	}
}
