package train

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/run"
)

// loaded is the backend, without which a test cannot run.
func loaded(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := Backend()
	if err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	return backend
}

func TestBatchInPartsTrainsAsTheWholeBatch(t *testing.T) {
	backend := loaded(t)
	recipe := run.Recipe{
		Model: run.Model{Name: "cnn", Dropout: 0.2}, Data: run.Data{Limit: 260, Validation: 0.2, SplitSeed: 1},
		Augmentation: run.Augmentation{Rotation: run.Within(0.1)},
		Optimizer:    run.Optimizer{Name: "sgd", Rate: 0.01}, Epochs: 1, Batch: 128, Seed: 3,
	}
	var values [2][]float32
	var losses [2]float64
	training, validation, _, err := load(recipe.Data)
	if err != nil {
		t.Fatal(err)
	}
	training.upload(1)
	validation.upload(evaluationBatch)
	feed := newFeed(training, recipe, 1)
	for i, size := range []int{128, 32} { // 208 images: the second batch is filled up
		p, err := newProgram(backend, recipe, nil, size == 32)
		if err != nil {
			t.Fatal(err)
		}
		p.images = training.real
		if err := p.compile(training, validation); err != nil {
			t.Fatal(err)
		}
		if inParts := p.parts != nil; inParts != (size == 32) {
			t.Fatalf("with parts of %d the step is in parts: %v", size, inParts)
		}
		for step := range 2 {
			loss, _, err := p.train(training, feed, step, step, recipe.Optimizer.Rate)
			if err != nil {
				t.Fatal(err)
			}
			losses[i] += loss
		}
		for _, name := range p.names {
			value, err := p.store.GetVariable(name).Value()
			if err != nil {
				t.Fatal(err)
			}
			values[i] = append(values[i], tensors.MustCopyFlatData[float32](value)...)
		}
	}
	if math.Abs(losses[0]-losses[1]) > 1e-3 || losses[0] < 100 {
		t.Errorf("losses are %v in one piece and %v in parts", losses[0], losses[1])
	}
	for i, want := range values[0] {
		if got := values[1][i]; math.Abs(float64(got-want)) > 1e-5 {
			t.Fatalf("parameter %d is %v in parts, want %v", i, got, want)
		}
	}
}

func TestPartsDivideABatch(t *testing.T) {
	backend := loaded(t)
	for batch, want := range map[int]int{1: 1, 16: 16, 32: 32, 64: 32, 512: 32, 100: 25, 48: 24, 37: 37, 94: 94} {
		if got := partOf(backend, batch, false); got != want {
			t.Errorf("a batch of %d is divided into parts of %d, want %d", batch, got, want)
		}
		if got := partOf(backend, batch, true); got != batch {
			t.Errorf("of a batch of %d that is wanted whole, a part has %d", batch, got)
		}
	}
}

func TestWordIsFoundAcrossTwoPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 1<<20-4)+"the_flag"+strings.Repeat("y", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]bool{"the_flag": true, "xxthe": true, "agyy": true, "no_flag": false} {
		if got, err := mentions(path, word); err != nil || got != want {
			t.Errorf("%q is found: %v, %v; want %v", word, got, err, want)
		}
	}
}
