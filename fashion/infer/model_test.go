package infer_test

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
	"fashionlab/fashion/train"
)

func TestFewImagesHaveTheProbabilitiesOfMany(t *testing.T) {
	m, set := explained(t)
	want, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 2, infer.SmallBatch, infer.SmallBatch + 1} {
		got, err := m.Probabilities(set.Images[:n])
		if err != nil || len(got) != n {
			t.Fatalf("%d images have %d rows (%v)", n, len(got), err)
		}
		for i, row := range got {
			if d := farthest(row[:], want.Probabilities[i][:]); !(d < 1e-5) {
				t.Errorf("image %d of %d: the probabilities differ by %v", i, n, d)
			}
		}
	}
}

func TestLogitsOfFewImagesStayTheSameWithConstants(t *testing.T) {
	backendOf(t)
	r, err := run.Published().Open("full/residual")
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, infer.SmallBatch + 4} {
		images := scene.Noise(n, 1)
		want, err := m.Logits(images)
		if err != nil {
			t.Fatal(err)
		}
		compare := func() {
			t.Helper()
			got, err := m.Logits(images)
			if err != nil || len(got) != n {
				t.Fatalf("%d images have %d rows (%v)", n, len(got), err)
			}
			for i := range got {
				if d := farthest(got[i], want[i]); !(d < 1e-4) {
					t.Errorf("the logits of image %d of %d differ by %v", i, n, d)
				}
			}
		}
		for range infer.CallsForConstants - 2 {
			compare()
		}
		if m.AwaitConstants(n) {
			t.Errorf("few calls for %d images cost the compiling of a graph with constants", n)
		}
		for range 10 { // while it is compiled
			compare()
		}
		if !m.AwaitConstants(n) {
			t.Fatalf("there is no graph with constants for %d images", n)
		}
		compare()
	}
}

func TestOptimizeCompilesTheConstantsAtOnce(t *testing.T) {
	backendOf(t)
	r, err := run.Published().Open("full/residual")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := infer.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	trainable, err := infer.Untrained(r.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	images := scene.Noise(3, 1)
	for _, c := range []struct {
		name  string
		model *infer.Model
		n     int
		want  bool
	}{{"a loaded model, few images", loaded, 3, true}, {"a loaded model, many images", loaded, 201, false}, {"a model that a training may change", trainable, 3, false}} {
		before, err := c.model.Logits(images)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.model.Optimize(c.n); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := c.model.HasConstants(c.n); got != c.want {
			t.Errorf("%s: that there are constants is %v, want %v", c.name, got, c.want)
		}
		after, err := c.model.Logits(images)
		if err != nil {
			t.Fatal(err)
		}
		for i := range after {
			if d := farthest(after[i], before[i]); !(d < 1e-4) {
				t.Errorf("%s: the logits of image %d differ by %v", c.name, i, d)
			}
		}
	}
}

func TestBatchesAreFilledUpWithFewImages(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 16, 16: 16, 17: 16, 64: 16, 90: 16, 99: 100, 100: 100, 101: 16, 195: 100, 200: 100, 10_000: 100, 10_016: 100} {
		if got := infer.BatchFor(n); got != want {
			t.Errorf("%d images come in batches of %d, want %d", n, got, want)
		}
	}
}

func TestFrozenParametersCountAmongTheConstants(t *testing.T) {
	backendOf(t)
	t.Setenv(run.RootVariable, t.TempDir())
	wide := models.Network{Name: "wide", Logits: func(n *layers.Net, x *Node) *Node {
		n.Freeze(func(layer string) bool { return layer == "hidden" })
		return n.Dense("logits", n.Dense("hidden", n.Flatten("flatten", x), 5400), fashion.NumClasses)
	}}
	r, err := train.Fit("wide", recipes.Recipe{
		Model: recipes.Model{Name: "wide"}, Data: recipes.Data{Limit: 60, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.001}, Epochs: 1, Batch: 16, Seed: 3,
	}, nil, wide)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(r, wide)
	if err != nil {
		t.Fatal(err)
	}
	for range infer.CallsForConstants {
		if _, err := m.Logits(scene.Noise(1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if m.AwaitConstants(1) {
		t.Errorf("%d trained parameters and %d frozen ones became constants", r.Record.Parameters, fashion.Pixels*5400)
	}
}

func TestModelAnswersSeveralAtOnce(t *testing.T) {
	m, set := explained(t)
	want, err := m.Probabilities(set.Images[:8])
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			got, err := m.Probabilities(set.Images[i : i+1])
			if err != nil {
				t.Error(err)
				return
			}
			if d := farthest(got[0][:], want[i][:]); !(d < 1e-5) {
				t.Errorf("image %d: the probabilities differ by %v", i, d)
			}
		})
		wait.Go(func() { // of one image, then of several: another graph each time
			e, err := m.GradCAM(set.Images[:1+2*(i%2)])
			if err != nil || e.Layer != "stage2/pool" {
				t.Errorf("explained by %q (%v)", e.Layer, err)
			}
			if _, err := m.Features(set.Images[i : i+1]); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// A shipped model: parameters alone, in half precision, loaded from the published run.
func TestModelOfAPublishedRunPredictsAsTheRunItself(t *testing.T) {
	m, set := explained(t)
	s, err := trainSmall()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.PublishedVariable, t.TempDir())
	root := t.TempDir()
	r, err := run.Begin(filepath.Join(root, "small"), s.recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tensors, err := infer.Snapshot(m.Store())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.SaveCheckpoint(run.Best, run.Checkpoint{State: run.State{Recipe: r.Recipe}, Tensors: tensors}), r.Finish(), r.Publish("full/small", nil)); err != nil {
		t.Fatal(err)
	}
	published, err := run.Published().Open("full/small")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := infer.Load(published); err == nil || !strings.Contains(err.Error(), "is published without its weights") || strings.Contains(err.Error(), "%!") {
		t.Errorf("without weights the error is %v", err)
	}
	half, err := infer.HalfPrecision(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Publish("full/small", &half); err != nil {
		t.Fatal(err)
	}
	shipped, err := infer.Load(published)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Probabilities(set.Images[:8])
	if err != nil {
		t.Fatal(err)
	}
	got, err := shipped.Probabilities(set.Images[:8])
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if d := farthest(got[i][:], want[i][:]); !(d < 2e-3) {
			t.Errorf("image %d: the probabilities differ by %v", i, d)
		}
	}
	small, err := os.Stat(filepath.Join(published.Dir, "checkpoints", "best.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(2*467_818 + 8_000); small.Size() > most {
		t.Errorf("the file has %d bytes, want %d at most: two for a parameter", small.Size(), most)
	}
}

func TestPublishedRunWhoseTestPredictionsAreCorruptStaysAsItIs(t *testing.T) {
	m, set := explained(t)
	s, err := trainSmall()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.PublishedVariable, t.TempDir())
	r, err := run.Begin(filepath.Join(t.TempDir(), "small"), s.recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := infer.Snapshot(m.Store())
	if err != nil {
		t.Fatal(err)
	}
	weights := run.Checkpoint{State: run.State{Recipe: r.Recipe}, Tensors: tensors}
	if err := errors.Join(r.SavePredictions(run.Test, p), r.Finish(), r.Publish("full/small", &weights)); err != nil {
		t.Fatal(err)
	}
	published, err := run.Published().Open("full/small")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := infer.Test(published); err != nil || len(got.Labels) != set.Len() {
		t.Fatalf("%d predictions, want %d (%v)", len(got.Labels), set.Len(), err)
	}
	if err := os.WriteFile(filepath.Join(published.Dir, "predictions", "test.npz"), []byte("corrupt"), 0o666); err != nil {
		t.Fatal(err)
	}
	files := func() map[string]string {
		list := map[string]string{}
		err := filepath.WalkDir(published.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			list[path] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	before := files()
	var corrupt *run.CorruptError
	if _, err := infer.Test(published); !errors.As(err, &corrupt) {
		t.Errorf("the error is %v, want one of a corrupt file", err)
	}
	if !maps.Equal(files(), before) {
		t.Error("files of a published run were changed")
	}
}

func TestParameterThatHalfPrecisionCannotHoldIsAnError(t *testing.T) {
	r, err := run.Begin(filepath.Join(t.TempDir(), "r"), recipes.Recipe{
		Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 1, Batch: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, v := range []float32{70_000, float32(math.Inf(-1)), float32(math.NaN())} {
		bits := math.Float32bits(v)
		c := run.Checkpoint{State: run.State{Recipe: r.Recipe}, Tensors: []run.Tensor{{Name: "/model/a", DType: "F32", Shape: []int{1}, Data: []byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}}}}
		if err := r.SaveCheckpoint(run.Best, c); err != nil {
			t.Fatal(err)
		}
		if _, err := infer.HalfPrecision(r); err == nil || !strings.Contains(err.Error(), "half precision cannot hold") {
			t.Errorf("%v: the error is %v", v, err)
		}
	}
}

func TestMarginIsOverTheMostProbableOtherClass(t *testing.T) {
	e := infer.Embedding{Predictions: run.Predictions{Probabilities: [][]float32{{0.5, 0.125, 0.375, 9: 0}}}}
	for class, want := range map[fashion.Label]float32{0: 0.125, 1: -0.375, 9: -0.5} {
		if got := e.Margin(0, class); got != want {
			t.Errorf("the margin of class %d is %v, want %v", class, got, want)
		}
	}
	if e.Predicted(0) != 0 {
		t.Errorf("the class is %v", e.Predicted(0))
	}
}
