package run_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

// A run of any name is below its store, and has the same name when it is found there; a folder of any name is listed, left out or reported.
func FuzzRunName(f *testing.F) {
	for _, name := range []string{"quick/cnn", "../x", "/x", "a//b/.", "", "a\x00b", "\x1b[2J", "a [b]", "lock", ".hidden/x", "quick/cnn/checkpoints"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		root := t.TempDir()
		store := run.StoreAt(root, false)
		dir, err := store.Path(name)
		if err != nil {
			return
		}
		below, err := filepath.Rel(root, dir)
		if err != nil || !filepath.IsLocal(below) {
			t.Fatalf("%q is at %q", name, dir)
		}
		if len(name) > 200 || os.MkdirAll(dir, 0o777) != nil {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "recipe.json"), []byte(recipe().String()), 0o666); err != nil {
			t.Fatal(err)
		}
		runs, err := store.List()
		hidden := strings.HasPrefix(below, ".") && below != "." || strings.Contains(below, "/.")
		if found := len(runs) == 1; err != nil || found == hidden {
			t.Fatalf("%q: %d runs (%v), hidden: %v", name, len(runs), err, hidden)
		}
		if hidden {
			return
		}
		if again, err := store.Name(runs[0]); err != nil || again != filepath.Clean(name) {
			t.Errorf("the run %q is found as %q (%v)", name, again, err)
		}
	})
}
