package estimate_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Whatever the history of a run says of its epochs, what is estimated of it is a time.
func FuzzHistory(f *testing.F) {
	root := f.TempDir()
	dir := filepath.Join(root, "quick", "cnn")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		f.Fatal(err)
	}
	recipe := study.CNN(study.Quick)
	write := func(t testing.TB, name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(f, "recipe.json", []byte(recipe.String()))
	write(f, "record.json", []byte(`{"device": "cpu: any"}`))
	epochs, err := json.Marshal([]run.Epoch{{Seconds: 30}, {Seconds: 31}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(epochs)
	f.Add([]byte(`[{"seconds": -1}]`))
	f.Add([]byte(`[{"seconds": 1e308}, {"seconds": 1e308}]`))
	f.Add([]byte(`[{"seconds": 1e-320}]`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, history []byte) {
		write(t, "history.json", history)
		speeds, err := estimate.Measure(run.StoreAt(root, false), run.StoreAt(root, true), false)
		if err != nil {
			return
		}
		basis := speeds.For(recipe)
		for _, n := range []int{0, 1, 100} {
			if s := basis.Seconds(recipe, n); !(s >= 0) || math.IsInf(s, 0) {
				t.Errorf("%d epochs take %v s by %s", n, s, basis.Source)
			}
		}
	})
}
