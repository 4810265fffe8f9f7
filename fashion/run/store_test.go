package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

func TestStoreKnowsItsRunsByTheirNames(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.RootVariable, root)
	local := run.Local()
	if runs, err := local.List(); err != nil || len(runs) != 0 {
		t.Errorf("an empty folder holds %d runs (%v)", len(runs), err)
	}
	dir, err := local.Path("quick/cnn")
	if err != nil {
		t.Fatal(err)
	}
	made, err := run.Begin(dir, recipes.Recipe{Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 1, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	corrupt := filepath.Join(root, "quick", "corrupt")
	if err := errors.Join(os.MkdirAll(corrupt, 0o777), os.WriteFile(filepath.Join(corrupt, "recipe.json"), []byte("{"), 0o666)); err != nil {
		t.Fatal(err)
	}
	for _, store := range []run.Store{local, run.StoreAt(root, true)} {
		runs, err := store.List()
		if err == nil || !strings.Contains(err.Error(), corrupt) || len(runs) != 1 {
			t.Fatalf("%d runs (%v), want one, and an error for the corrupt one", len(runs), err)
		}
		if name, err := store.Name(runs[0]); err != nil || name != "quick/cnn" || runs[0].Published != store.Published() {
			t.Errorf("the run's name is %q (%v), published %v, want quick/cnn, %v", name, err, runs[0].Published, store.Published())
		}
		if r, err := store.Open("quick/cnn"); err != nil || r.Published != store.Published() {
			t.Errorf("opened it is published: %v (%v)", r.Published, err)
		}
		if _, err := store.Open("quick/none"); !errors.Is(err, run.ErrNotFound) {
			t.Errorf("a run that is not there: %v", err)
		}
		if _, err := store.Open("../outside"); err == nil || errors.Is(err, run.ErrNotFound) {
			t.Errorf("a name that leads out of the store: %v", err)
		}
		for _, name := range []string{".hidden", "quick/.hidden/cnn"} {
			if _, err := store.Path(name); err == nil || !strings.Contains(err.Error(), "hidden folder") {
				t.Errorf("%s, which no list would show: %v", name, err)
			}
		}
		if path, err := store.Path("./quick/cnn"); err != nil || path != dir {
			t.Errorf("./quick/cnn is %s (%v), want %s", path, err, dir)
		}
	}
}

func TestStoreBehindALinkKnowsItsRunsByTheirNames(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	if err := os.Symlink(t.TempDir(), root); err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.RootVariable, root)
	dir := filepath.Join(root, "quick", "cnn")
	if err := begin(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	runs, err := run.Local().List()
	if err != nil || len(runs) != 1 || runs[0].Dir != dir {
		t.Fatalf("runs %v (%v), want one in %s", runs, err, dir)
	}
	if name, err := run.Local().Name(runs[0]); err != nil || name != "quick/cnn" {
		t.Errorf("its name is %q (%v)", name, err)
	}
}

func TestStoreOutsideOfTheModuleSaysHowToNameOne(t *testing.T) {
	t.Chdir(t.TempDir())
	for variable, store := range map[string]func() run.Store{run.RootVariable: run.Local, run.PublishedVariable: run.Published} {
		t.Setenv(variable, "")
		if _, err := store().Open("quick/cnn"); err == nil || !strings.Contains(err.Error(), "$"+variable) {
			t.Errorf("the error is %v, want one that names $%s", err, variable)
		}
		if _, err := store().List(); err == nil {
			t.Errorf("runs were listed without a folder; $%s", variable)
		}
	}
}
