package notebooks

import (
	"os"
	"path/filepath"
	"testing"

	"fashionlab/fashion/study"
)

// Whatever a notebook and the file of times hold, what a notebook takes beside its trainings is a time.
func FuzzTimes(f *testing.F) {
	notebook, err := os.ReadFile("../../../notebooks/09-ensemble.ipynb")
	if err != nil {
		f.Fatal(err)
	}
	for _, times := range []string{`{"quick/09-ensemble": 12.5}`, `{"quick/09-ensemble": -1}`, `{"quick/09-ensemble": 1e308}`, `{"quick/09-ensemble": "x"}`, `null`, `[]`, `{`} {
		f.Add([]byte(times), notebook[:2000])
	}
	out := f.TempDir()
	path := filepath.Join(out, "09-ensemble.ipynb")
	f.Fuzz(func(t *testing.T, times, notebook []byte) {
		for name, data := range map[string][]byte{filepath.Join(out, timesFile): times, path: notebook} {
			if err := os.WriteFile(name, data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		seconds, err := besideTrainings(out, path, study.Quick)
		if err != nil {
			t.Fatal(err)
		}
		if !(seconds >= 0) {
			t.Errorf("it takes %v s", seconds)
		}
		if readTimes(out) == nil {
			t.Error("times cannot be added")
		}
	})
}
