package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// publishedWithWeights publishes a finished run of one epoch with weights, and returns it and the folder of the published one.
func publishedWithWeights(t *testing.T, name string) (r *run.Run, dir string) {
	t.Helper()
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	local, errLocal := run.Local().Path(name)
	dir, errPublished := run.Published().Path(name)
	recipe := study.CNN(study.Smoke)
	r, err := run.Begin(local, recipe)
	if err := errors.Join(errLocal, errPublished, err); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.Finish(), r.Publish(name, &run.Checkpoint{State: run.State{Recipe: recipe}})); err != nil {
		t.Fatal(err)
	}
	return r, dir
}

func TestPublishedWeightsAreNotReplacedByNone(t *testing.T) {
	weights := filepath.Join("checkpoints", run.Best+".safetensors")
	for _, corrupt := range []string{"", weights, "history.json"} {
		r, dir := publishedWithWeights(t, "smoke/cnn")
		if corrupt != "" {
			if err := os.WriteFile(filepath.Join(dir, corrupt), []byte("corrupt"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := share(r, "smoke/cnn", true, false); err == nil || !strings.Contains(err.Error(), "-weights") {
			t.Errorf("with %q corrupt the error is %v, want one that names -weights", corrupt, err)
		}
		if _, err := os.Stat(filepath.Join(dir, weights)); err != nil {
			t.Errorf("with %q corrupt the published weights are lost: %v", corrupt, err)
		}
	}
}
