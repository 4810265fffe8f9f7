package files_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestMain(m *testing.M) {
	data, err := filepath.Abs("../../../testdata/fashion-mnist")
	if err == nil {
		err = os.Setenv(fashion.DirVariable, data)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// needBackend stops a test that cannot run, with what to do.
func needBackend(t *testing.T) {
	t.Helper()
	if _, err := infer.Backend(); err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
}

// recipe is a tiny training whose best epoch is the second of three.
func recipe() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.2, Filters: 2, Depth: 1, Hidden: 8}, Data: recipes.Data{Limit: 200, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.02, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7},
		Schedule:  recipes.Schedule{Name: "plateau", Patience: 1, Factor: 0.5, MinDelta: 0.2},
		Epochs:    3, Batch: 16, Seed: 3,
	}
}

// local is a run of a copy of the folder.
func local(root, name string) (*run.Run, error) {
	return run.StoreAt(filepath.Join(root, "runs"), false).Open(name)
}

// epochs is the promise that a run resumes after so many epochs at least.
func epochs(name string, n int) (what string, kept func(root string) error) {
	return fmt.Sprintf("epoch %d of %s", n, name), func(root string) error {
		r, err := local(root, name)
		if err != nil {
			return err
		}
		c, found, err := r.LoadCheckpoint(run.Last)
		if err != nil || !found || len(c.State.History) < n {
			return fmt.Errorf("the last checkpoint has %d epochs (found: %v, %v)", len(c.State.History), found, err)
		}
		return nil
	}
}

// finished is the promise that a run is finished and can be read.
func finished(name string) (what string, kept func(root string) error) {
	return name + " is finished", func(root string) error {
		r, err := local(root, name)
		if err != nil {
			return err
		}
		if !r.Finished() {
			return errors.New("it is not finished")
		}
		return corrupt(r)
	}
}

// corrupt reports files of a run that are not what was saved. Temporary ones are no problem: the next training removes them.
func corrupt(r *run.Run) error {
	var problems []error
	for _, problem := range r.Check() {
		if !strings.Contains(problem.Error(), "temporary files") {
			problems = append(problems, problem)
		}
	}
	return errors.Join(problems...)
}

// trainer compiles once for all tests.
var trainer train.Trainer

// classify trains and tests a run named "run", in a folder where a training of another recipe was interrupted in its first epoch, and publishes it twice, the second time with weights. Each call
// resumes where the files are.
func classify(r *recording) error {
	if err := interrupt("run"); err != nil {
		return err
	}
	trained, err := trainer.Fit("run", recipe(), func(p run.Progress) {
		if n := len(p.History); n > 0 {
			r.promise(epochs("run", n))
		}
	})
	if err != nil {
		return err
	}
	r.promise(finished("run"))
	if err := test(trained); err != nil {
		return err
	}
	r.promise("the test predictions", func(root string) error {
		kept, err := local(root, "run")
		if err == nil {
			_, err = kept.Predictions(run.Test)
		}
		if err == nil && len(kept.Record.TestOpened) == 0 {
			err = errors.New("the record says nothing of the test")
		}
		return err
	})
	weights, err := trained.Checkpoint(run.Best)
	if err != nil {
		return err
	}
	for _, w := range []*run.Checkpoint{nil, &weights} {
		if err := trained.Publish("full/cnn", w); err != nil {
			return err
		}
		r.promise("the published run", func(root string) error {
			if left := filepath.Join(root, "published", "full", ".cnn.old"); exists(left) && !exists(filepath.Join(root, "published", "full", "cnn")) {
				return nil // the next one that publishes puts it back
			}
			p, err := run.StoreAt(filepath.Join(root, "published"), true).Open("full/cnn")
			if err != nil {
				return err
			}
			return corrupt(p)
		})
	}
	return nil
}

// interrupt leaves what a training of another recipe does that is interrupted after its first best checkpoint, unless the run is past that.
func interrupt(name string) (err error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return err
	}
	other := recipe()
	other.Seed++
	w, err := run.Begin(dir, other)
	if differs := (*run.RecipeError)(nil); errors.As(err, &differs) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(w.SaveCheckpoint(run.Best, run.Checkpoint{State: run.State{Recipe: other}}), w.Close())
}

// test does to the files of a run what infer.Test does.
func test(r *run.Run) (err error) {
	if _, err := r.Predictions(run.Test); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := r.Predictions(run.Validation)
	if err != nil {
		return err
	}
	w, err := run.Begin(r.Dir, r.Recipe)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	w.Record.TestOpened = append(w.Record.TestOpened, time.Now().UTC().Truncate(time.Second))
	if err := w.SaveRecord(); err != nil {
		return err
	}
	if err := w.SavePredictions(run.Test, p); err != nil {
		return err
	}
	*r = *w
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// classifier is the work of classify.
var classifier = work{name: "classifier", do: classify, published: true, valid: readable}

// readable reports runs that cannot be read, and files that are not what was saved.
func readable(root string) error {
	var problems []error
	for _, store := range stores(root) {
		runs, err := store.List()
		problems = append(problems, err)
		for _, r := range runs {
			problems = append(problems, corrupt(r))
		}
	}
	return errors.Join(problems...)
}

func stores(root string) []run.Store {
	return []run.Store{run.StoreAt(filepath.Join(root, "runs"), false), run.StoreAt(filepath.Join(root, "published"), true)}
}

// results are what must not depend on interruptions, of all runs of a folder: the content of their files without times.
func results(root string) (map[string]string, error) {
	found := map[string]string{}
	for _, store := range stores(root) {
		runs, err := store.List()
		for _, r := range runs {
			err = errors.Join(err, errors.Join(r.Check()...), result(r, strings.TrimPrefix(r.Dir, root), found))
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// result adds what one run holds.
func result(r *run.Run, name string, found map[string]string) error {
	r.History = timeless(r.History)
	found[name] = text(r.Recipe) + text(r.History) + fmt.Sprint(r.Finished(), r.Record.BestEpoch, r.Record.Parameters, r.Record.Data, r.Record.Modules)
	for _, checkpoint := range []string{run.Last, run.Best} {
		c, there, err := r.LoadCheckpoint(checkpoint)
		if err != nil {
			return err
		}
		if there {
			c.State.History = timeless(c.State.History)
			slices.SortFunc(c.Tensors, func(a, b run.Tensor) int { return strings.Compare(a.Name, b.Name) })
			found[name+" "+checkpoint] = fmt.Sprintf("%s %x", text(c.State), sha256.Sum256([]byte(text(c.Tensors))))
		}
	}
	names, _, err := disk.List(r.Dir, "network.json", "predictions/*", "samples/*")
	if err != nil {
		return err
	}
	for _, file := range names {
		data, err := os.ReadFile(filepath.Join(r.Dir, file))
		if err != nil {
			return err
		}
		found[name+" "+file] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return nil
}

func timeless(history []run.Epoch) (epochs []run.Epoch) {
	for _, e := range history {
		e.Seconds, e.ImagesPerSecond = 0, 0
		epochs = append(epochs, e)
	}
	return epochs
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
