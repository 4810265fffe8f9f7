package study_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Results that are read are published and read the same.
func FuzzPublishedSynthetic(f *testing.F) {
	root := f.TempDir()
	shipped, err := os.ReadFile("../../notebooks/published/full/synthetic/effects.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	f.Add(shipped[:len(shipped)/2])
	for _, text := range []string{"[]", "[{}] x", "[{}] [{}]", "null", `[{"mixture": "any", "seed": -1}]`, `[{"colour": 1}]`} {
		f.Add([]byte(text))
	}
	f.Setenv(run.PublishedVariable, root)
	path := filepath.Join(root, "full", "synthetic", "effects.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		results, err := study.PublishedSynthetic()
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error %q does not name the file", err)
			}
			return
		}
		if err := results.Publish(); err != nil {
			t.Fatal(err)
		}
		if again, err := study.PublishedSynthetic(); err != nil || !slices.Equal(again, results) {
			t.Errorf("%+v was published and read as %+v (%v)", results, again, err)
		}
	})
}
