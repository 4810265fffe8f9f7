package run_test

import (
	"os"
	"path/filepath"
	"testing"

	"fashionlab/fashion/run"
)

// BenchmarkOpen opens a run of a CNN's size, with its predictions: with a manifest, and without as runs once were.
func BenchmarkOpen(b *testing.B) {
	for _, manifest := range []bool{true, false} {
		b.Run(map[bool]string{true: "manifest", false: "none"}[manifest], func(b *testing.B) {
			dir := b.TempDir()
			trained(b, dir)
			w, err := run.Begin(dir, recipe())
			if err != nil {
				b.Fatal(err)
			}
			if err := w.SavePredictions(run.Test, predicted(10_000)); err != nil {
				b.Fatal(err)
			}
			w.Close()
			if !manifest {
				if err := os.WriteFile(filepath.Join(dir, "done"), []byte("2026-11-25T21:36:06Z\n"), 0o666); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				r, err := run.Open(dir)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.Predictions(run.Test); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
