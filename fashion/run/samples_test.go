package run_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
)

func TestSamplesAreReadAsTheyWereSavedAndWhatIsNoneIsAnError(t *testing.T) {
	r := begin(t, t.TempDir())
	samples := make([]fashion.Image, 20)
	for i := range samples {
		for p := range samples[i] {
			samples[i][p] = byte(31*i + 7*p)
		}
	}
	if err := r.SaveSamples(3, samples); err != nil {
		t.Fatal(err)
	}
	got, err := r.Samples(3)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, samples) {
		t.Error("the samples changed on the way to the disk and back")
	}
	if err := r.SaveSamples(4, samples[:7]); err == nil {
		t.Error("7 samples were saved in rows of ten")
	}
	if _, err := r.Samples(4); err == nil || !strings.Contains(err.Error(), "epoch 4") {
		t.Errorf("samples that are not there: %v, want an error that names the epoch", err)
	}
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 28, 28))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.Dir, "samples", "epoch-003.png")
	for name, content := range map[string][]byte{"corrupt": []byte("no picture"), "of another size": small.Bytes()} {
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Samples(3); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error that names %s", name, err, path)
		}
	}
}
