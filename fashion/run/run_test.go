package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

func recipe() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.1}, Data: recipes.Data{Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.001, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7},
		Epochs:    3, Batch: 64, Seed: 1,
	}
}

func begin(t *testing.T, dir string) *run.Run {
	t.Helper()
	r, err := run.Begin(dir, recipe())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestSecondWriterGetsAClearErrorAndAReaderNone(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, dir)
	var locked *disk.LockedError
	if _, err := run.Begin(dir, recipe()); !errors.As(err, &locked) {
		t.Fatalf("error is %v, want a LockedError", err)
	}
	if _, err := run.Open(dir); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	begin(t, dir)
}

func TestAnotherRecipeIsAnErrorThatShowsTheDifference(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, dir)
	if err := r.SaveCheckpoint(run.Last, run.Checkpoint{State: run.State{Recipe: recipe()}}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	other := recipe()
	other.Optimizer.LearningRate = 0.5
	_, err := run.Begin(dir, other)
	var differs *run.RecipeError
	if !errors.As(err, &differs) || len(differs.Differences) != 1 || !strings.Contains(err.Error(), "0.001") || !strings.Contains(err.Error(), "0.5") {
		t.Fatalf("error is %v, want a RecipeError with both rates", err)
	}
	again, err := run.Open(dir)
	if err != nil || again.Recipe != recipe() {
		t.Errorf("the run on disk is %v (%v) after the refusal, want it unchanged", again.Recipe, err)
	}
}

func TestRunWithoutAFinishedEpochGivesWayToAnotherRecipe(t *testing.T) {
	dir := t.TempDir()
	first := begin(t, dir)
	if err := first.SaveCheckpoint(run.Best, checkpoint(1)); err != nil { // and killed before the last one
		t.Fatal(err)
	}
	first.Close()
	other := recipe()
	other.Optimizer.LearningRate = 0.5
	r, err := run.Begin(dir, other)
	if err != nil || r.Recipe != other {
		t.Fatalf("the run is %v (%v), want one of the recipe asked for", r, err)
	}
	r.Close()
	if again, err := run.Open(dir); err != nil || again.Recipe != other {
		t.Errorf("the run on disk is %v (%v), want one of the recipe asked for", again.Recipe, err)
	}
}

func TestFolderWithoutARunIsErrNotFound(t *testing.T) {
	if _, err := run.Open(t.TempDir()); !errors.Is(err, run.ErrNotFound) {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
}

func TestFolderThatCannotBeWrittenIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := run.Begin(filepath.Join(file, "run"), recipe())
	if err == nil || !strings.Contains(err.Error(), run.RootVariable) {
		t.Errorf("error is %v, want one that names $%s", err, run.RootVariable)
	}
}

// checkpoint is the state after so many epochs.
func checkpoint(epochs int) run.Checkpoint {
	c := run.Checkpoint{State: run.State{Recipe: recipe(), Step: 10 * epochs, LearningRate: 0.1}}
	for e := range epochs {
		c.State.History = append(c.State.History, run.Epoch{Epoch: e + 1, Loss: 1 / float64(e+1)})
	}
	c.Tensors = []run.Tensor{{Name: "a", DType: "F32", Shape: []int{2}, Data: []byte{1, 2, 3, 4, 5, 6, 7, byte(epochs)}}}
	return c
}

func TestCheckpointComesBackAsItWas(t *testing.T) {
	r := begin(t, t.TempDir())
	if _, found, err := r.LoadCheckpoint(run.Last); found || err != nil {
		t.Fatalf("a new run has a checkpoint: %v, %v", found, err)
	}
	if err := r.SaveCheckpoint(run.Last, checkpoint(1)); err != nil {
		t.Fatal(err)
	}
	got, found, err := r.LoadCheckpoint(run.Last)
	if err != nil || !found || !reflect.DeepEqual(got, checkpoint(1)) {
		t.Errorf("got %+v, %v, %v, want %+v", got, found, err, checkpoint(1))
	}
}

func TestDamagedCheckpointFallsBackToTheOneBeforeAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, dir)
	for e := 1; e <= 2; e++ {
		if err := r.SaveCheckpoint(run.Last, checkpoint(e)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "checkpoints", "last.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for length := range data {
		if err := os.Remove(path); err != nil { // it may share its bytes with no other, but be sure
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		got, found, err := r.LoadCheckpoint(run.Last)
		var corrupt *run.CheckpointError
		if !found || !errors.As(err, &corrupt) || corrupt.File != path {
			t.Fatalf("cut to %d bytes: found %v, error %v, want the one before and a CheckpointError", length, found, err)
		}
		if len(got.State.History) != 1 {
			t.Fatalf("cut to %d bytes: fell back to epoch %d, want 1", length, len(got.State.History))
		}
	}
}

func TestPredictionsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, dir)
	want := run.Predictions{Indices: []int32{4, 9}, Labels: []fashion.Label{3, 9}, Probabilities: run.NewRows(2, fashion.NumClasses)}
	want.Probabilities[0][3], want.Probabilities[1][0], want.Probabilities[1][9] = 1, 0.25, 0.75
	if err := r.SavePredictions(run.Test, want); err != nil {
		t.Fatal(err)
	}
	got, err := r.Predictions(run.Test)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	path := filepath.Join(dir, "predictions", "test.npz")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Predictions(run.Test); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v, want one that names the file", err)
	}
}
