package demo_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/hostile"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
)

// Any file is classified, by probabilities, or refused with a reason.
func FuzzPhoto(f *testing.F) {
	f.Setenv(run.RootVariable, f.TempDir())
	e, err := shipped()
	if err != nil {
		f.Fatal(err)
	}
	limits := photo.Limits{Bytes: 1 << 16, Pixels: 1 << 14, Memory: 16 << 20}
	s := demo.NewServer(e, demo.Options{Limits: limits, Rate: 1e9, Burst: 1e9})
	f.Cleanup(s.Close)
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		f.Fatal(err)
	}
	paths, err := demo.Samples(f.TempDir(), set)
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if int64(len(file)) <= limits.Bytes {
			f.Add(file)
		}
	}
	for _, p := range hostile.Pictures() {
		if int64(len(p.File)) <= limits.Bytes {
			f.Add(p.File)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/predict", bytes.NewReader(file))
		s.ServeHTTP(w, r)
		var answer struct {
			Error         string
			Probabilities []float64
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, p := range answer.Probabilities {
			sum += p
		}
		refused := w.Code == http.StatusUnprocessableEntity || w.Code == http.StatusRequestEntityTooLarge
		if good := w.Code == http.StatusOK && sum > 0.99 && sum < 1.01; !good && !(refused && answer.Error != "") {
			t.Errorf("status %d, %q, probabilities of %v in all", w.Code, answer.Error, sum)
		}
	})
}
