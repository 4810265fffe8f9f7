package demo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// tinted is the PNG file of a picture of one of three colours.
func tinted(t *testing.T, class, i int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 50, 40))
	for p := range 50 * 40 {
		c := [3]byte{40, 40, 40}
		c[class] += byte(90 + (7*i+3*p)%60)
		img.SetRGBA(p%50, p/50, color.RGBA{c[0], c[1], c[2], 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAModelOfLargerImagesInColourIsServed(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	dir, names := t.TempDir(), []string{"red", "green", "blue"}
	for i := range 120 {
		path := filepath.Join(dir, names[i%3], fmt.Sprintf("%d.png", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, tinted(t, i%3, i), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	shape := fashion.Shape{Side: 32, Channels: 3}
	kept, _, err := pictures.Preparation{Fit: pictures.Pad, Shape: shape}.Keep(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := train.Fit("own/tints/cnn", kept.For(recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Filters: 4, Depth: 1, Hidden: 16}, Data: recipes.Data{Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.005, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7}, Epochs: 12, Batch: 16, Seed: 1,
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := infer.Test(r); err != nil {
		t.Fatal(err)
	}
	e, err := demo.OpenRun(r, "own/tints/cnn")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Warm(); err != nil {
		t.Fatal(err)
	}
	all, err := dataset.Train(e.Data)
	if err == nil {
		err = e.AddNeighbours(all, 50)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := e.PredictFiles([]string{filepath.Join(dir, "red", "0.png"), filepath.Join(dir, "green", "1.png"), filepath.Join(dir, "blue", "2.png")})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if first := e.Classes.Name(demo.Ranking(f.Probabilities)[0]); f.Err != nil || first != names[i] {
			t.Errorf("%s is predicted as %s (%v)", f.Path, first, f.Err)
		}
	}
	if _, err := e.Predict(make([]fashion.Image, 1)); err == nil || !strings.Contains(err.Error(), "want colour images of 32x32 pixels") {
		t.Errorf("images of Fashion-MNIST are predicted: %v", err)
	}
	s := demo.NewServer(e, demo.Options{})
	defer s.Close()
	w, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost/api/predict", bytes.NewReader(tinted(t, 2, 5)))
	request.RemoteAddr = "127.0.0.1:1"
	s.ServeHTTP(w, request)
	var answer struct {
		Steps      []struct{ Image string }
		GradCAM    string `json:"grad_cam"`
		Neighbours []struct{ Label, Image string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Neighbours) == 0 || len(answer.Steps) == 0 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	for _, shown := range []string{answer.Steps[len(answer.Steps)-1].Image, answer.GradCAM, answer.Neighbours[0].Image} {
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown, "data:image/png;base64,"))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil || img.Bounds().Dx() != 32 {
			t.Errorf("a picture of %v: %v", img, err)
		}
	}
	if answer.Neighbours[0].Label != "blue" {
		t.Errorf("the nearest training image is %s", answer.Neighbours[0].Label)
	}
}
