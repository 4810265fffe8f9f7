package demo_test

import (
	"encoding/json"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// The data set's classes are where a bright square is; its pictures are stretched.
func TestAModelOfADataSetOfOnesOwnIsServedWithItsClasses(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	classes := fashion.Classes{"above", "below", "beside"}
	square := func(class, i int) image.Image {
		img := image.NewGray(image.Rect(0, 0, 56, 28))
		left, top := []int{16 + i%8, 16 + i%8, 36 + i%4}[class], []int{1, 18, 8 + i%5}[class]
		for y := range 9 {
			for x := range 16 {
				img.Pix[(top+y)*56+left+x] = byte(180 + i%60)
			}
		}
		return img
	}
	made := func(n, from int) fashion.Set {
		s := fashion.Set{Classes: classes}
		for i := range n {
			p, err := pictures.Preparation{Fit: pictures.Stretch}.Prepare(square(i%3, from+i))
			if err != nil {
				t.Fatal(err)
			}
			s.Images, s.Labels = append(s.Images, p.Image), append(s.Labels, fashion.Label(i%3))
		}
		return s
	}
	kept, err := dataset.Keep(dataset.DataSet{Train: made(120, 0), Test: made(30, 500), Fit: pictures.Stretch})
	if err != nil {
		t.Fatal(err)
	}
	r, err := train.Fit("own/squares/cnn", kept.For(recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Filters: 8, Hidden: 16}, Data: recipes.Data{Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.003, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7}, Epochs: 12, Batch: 16, Seed: 1,
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := demo.OpenRun(r, "own/squares/cnn"); err == nil || !strings.Contains(err.Error(), "test") {
		t.Errorf("a run that was not tested is served: %v", err)
	}
	if _, err := infer.Test(r); err != nil {
		t.Fatal(err)
	}
	e, err := demo.OpenRun(r, "own/squares/cnn")
	if err != nil {
		t.Fatal(err)
	}
	all, err := dataset.Train(e.Data)
	if err == nil {
		err = e.AddNeighbours(all, 50)
	}
	if err != nil {
		t.Fatal(err)
	}
	for class, name := range classes {
		p, err := pictures.Preparation{Fit: r.Record.Fit}.Prepare(square(class, 77))
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Classify([]photo.Prepared{p})
		if err != nil {
			t.Fatal(err)
		}
		if first := e.Classes.Name(demo.Ranking(got[0].Probabilities)[0]); first != name || len(got[0].Probabilities) != 3 {
			t.Errorf("a square %s is predicted as %s of %d classes", name, first, len(got[0].Probabilities))
		}
	}
	s := demo.NewServer(e, demo.Options{})
	defer s.Close()
	w := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "http://localhost/api/ensemble", nil)
	request.RemoteAddr = "127.0.0.1:1"
	s.ServeHTTP(w, request)
	var described struct {
		Classes []string
		Own     bool
	}
	if err := json.Unmarshal(w.Body.Bytes(), &described); err != nil || !described.Own || !slices.Equal(described.Classes, classes) {
		t.Errorf("%s: %v", fmt.Sprint(w.Code, w.Body), err)
	}
}
