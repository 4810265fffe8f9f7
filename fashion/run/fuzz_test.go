package run_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

// fuzzed is an unchecked run, one of whose files has the given content: what the manifest would report must be harmless without it too.
func fuzzed(f *testing.F, name string) (dir string, put func(t *testing.T, data []byte)) {
	dir = f.TempDir()
	trained(f, dir)
	if err := os.WriteFile(filepath.Join(dir, "done"), []byte("2026-11-25T21:36:06Z\n"), 0o666); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, name)
	complete, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Add(complete[:len(complete)/2])
	f.Add([]byte{})
	return dir, func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A checkpoint that is read is one that can be saved and read again.
func FuzzCheckpoint(f *testing.F) {
	dir, put := fuzzed(f, "checkpoints/best.safetensors")
	r, err := run.Begin(filepath.Join(f.TempDir(), "again"), recipe())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		from := run.Run{Dir: dir, Recipe: recipe()}
		c, found, err := from.LoadCheckpoint(run.Best)
		if !found || err != nil {
			return
		}
		if err := r.SaveCheckpoint(run.Best, c); err != nil {
			t.Fatal(err)
		}
		if again, _, err := r.LoadCheckpoint(run.Best); err != nil || len(again.Tensors) != len(c.Tensors) || !reflect.DeepEqual(again.State, c.State) {
			t.Errorf("%+v was saved and read as %+v (%v)", c, again, err)
		}
	})
}

// Predictions that are read are those of a model.
func FuzzPredictions(f *testing.F) {
	dir, put := fuzzed(f, "predictions/test.npz")
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		p, err := (&run.Run{Dir: dir}).Predictions(run.Test)
		if err != nil {
			return
		}
		if n := len(p.Labels); len(p.Indices) != n || len(p.Probabilities) != n || p.Correct() > n {
			t.Errorf("%d labels, %d indices, %d rows, %d correct", n, len(p.Indices), len(p.Probabilities), p.Correct())
		}
	})
}

func FuzzSamples(f *testing.F) {
	dir, put := fuzzed(f, "samples/epoch-001.png")
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		if s, err := (&run.Run{Dir: dir}).Samples(1); err == nil && len(s)%10 != 0 {
			t.Errorf("%d samples", len(s))
		}
	})
}

// opens opens a run and reads it as a report does.
func opens(t *testing.T, dir string) {
	r, err := run.Open(dir)
	if err != nil {
		if text := err.Error(); strings.ContainsAny(text, "\x1b\x00\x7f") {
			t.Errorf("the error shows control characters: %q", text)
		}
		return
	}
	if n := r.Record.BestEpoch; n < 0 || n > len(r.History) {
		t.Errorf("best epoch %d of %d", n, len(r.History))
	}
	if text := r.Record.Devices() + r.Recipe.String(); strings.ContainsAny(text, "\x1b\x00\x7f") {
		t.Errorf("the record shows control characters: %q", text)
	}
}

func FuzzRecord(f *testing.F) {
	dir, put := fuzzed(f, "record.json")
	f.Add([]byte(`{"device": "\u001b[2J", "best_epoch": 1}`))
	f.Add([]byte(`{"before": [{"device": "\u009b"}], "best_epoch": -1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		opens(t, dir)
	})
}

func FuzzHistory(f *testing.F) {
	dir, put := fuzzed(f, "history.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		opens(t, dir)
	})
}

func FuzzNetwork(f *testing.F) {
	dir, put := fuzzed(f, "network.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		r := &run.Run{Dir: dir}
		if n, found, err := r.LoadNetwork(); err == nil && found {
			if err := r.CheckNetwork(n); err != nil {
				t.Errorf("the network differs from itself: %v", err)
			}
		}
	})
}

// A manifest vouches for itself: what is taken for one is one, or nothing.
func FuzzManifest(f *testing.F) {
	dir, put := fuzzed(f, "done")
	other := f.TempDir()
	trained(f, other)
	complete, err := os.ReadFile(filepath.Join(other, "done"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Fuzz(func(t *testing.T, data []byte) {
		put(t, data)
		opens(t, dir)
		if r, err := run.Open(dir); err == nil && !r.Unchecked() && string(data) != string(complete) && len(r.Check()) == 0 {
			t.Logf("another manifest of the same files: %s", data) // with other entries in next, say
		}
	})
}
