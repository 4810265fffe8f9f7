package review_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/demo/review"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// trained is a model of a shape that has seen the folder of a review.
func trained(t *testing.T, folder string, shape fashion.Shape) *demo.Ensemble {
	t.Helper()
	kept, _, err := pictures.Preparation{Fit: pictures.Pad, Shape: shape}.Keep(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	r, err := train.Fit("own/labels/cnn", kept.For(recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Filters: 4, Depth: 1, Hidden: 8}, Data: recipes.Data{Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.005, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7}, Epochs: 1, Batch: 16, Seed: 1,
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := infer.Test(r); err != nil {
		t.Fatal(err)
	}
	e, err := demo.OpenRun(r, "own/labels/cnn")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAPictureIsShownAsAModelOfLargerImagesInColourReadsIt(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	dir, files := predicted(t, 36)
	r, out := begin(t, dir, files)
	for i := range r.Len() {
		choose(t, r, i, kinds[i%3])
	}
	shape := fashion.Shape{Side: 32, Channels: 3}
	e := trained(t, out, shape)
	files, err := review.Predict(e, dir)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if linked, err := review.Predict(e, link); err != nil || len(linked) != len(files) {
		t.Errorf("by a symbolic link %d pictures are found, want %d (%v)", len(linked), len(files), err)
	}
	r, err = review.New(e.Classes.Names(), files[:1], dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var shown struct{ Model string }
	if err := json.Unmarshal(get(t, r, "/api/review/picture?i=0"), &shown); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown.Model, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got := shape.From(img); img.Bounds().Dx() != 32 || !bytes.Equal(got, files[0].Prepared.Picture) {
		t.Errorf("the picture of %v is not what the model reads", img.Bounds())
	}
}
