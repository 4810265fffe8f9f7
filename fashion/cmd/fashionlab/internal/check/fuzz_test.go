package check

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Values that are read differ from themselves by nothing, and from others by what is no number below zero.
func FuzzReference(f *testing.F) {
	for _, text := range []string{
		`{"cnn": {"inference": [1, 2], "training": [3], "loss": 0.5, "gradients": {"w": {"norm": 1, "signed": -1}}}}`, `{"cnn": {"Inference": [0], "Gradients": {"w": {}}}}`, `{"cnn": null}`, `{}`, `null`, `[`,
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "reference.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		reference, err := readReference(path)
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error %q does not name the file", err)
			}
			return
		}
		for name, o := range reference {
			if d, err := compare(o, o); err != nil || d.within(bounds{}) != nil {
				t.Errorf("%s differs from itself: %v (%v)", name, d, err)
			}
			for _, other := range reference {
				d, err := compare(o, other)
				if err != nil {
					continue
				}
				for _, v := range []float64{d.Inference, d.Training, d.Loss, d.Gradient, d.Parameter} {
					if v < 0 || math.IsNaN(v) {
						t.Errorf("%s differs by %v", name, d)
					}
				}
			}
		}
	})
}
