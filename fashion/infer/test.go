package infer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Test opens the test images for a finished run, saves its predictions for them and records the opening. Where the predictions are
// saved already, and in a published run, it reads those. It and Robustness are the only ones that open them. own contains the user-defined network that the recipe names, if any;
// without it the call is an error, unless the predictions are saved.
func Test(r *run.Run, own ...recipes.Own) (run.Predictions, error) {
	if err := testable(r, own); err != nil {
		return run.Predictions{}, err
	}
	p, err := r.Predictions(run.Test)
	if err == nil {
		return p, nil
	}
	if r.Published {
		return run.Predictions{}, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(os.Stderr, "warning: %v; the test images are opened once more\n", err)
	}
	w, err := run.Begin(r.Dir, r.Recipe)
	if err != nil {
		return run.Predictions{}, err
	}
	defer w.Close() // the lock; what was saved is on the disk
	if p, err = predictTest(w, own); err != nil {
		return run.Predictions{}, err
	}
	r.Record = w.Record
	return p, nil
}

// testable reports why a run cannot be tested.
func testable(r *run.Run, own []recipes.Own) error {
	refuse := func(why string) error {
		return fmt.Errorf("%s: %s; want a finished run that learned the classes", r.Dir, why)
	}
	switch task := r.Recipe.Data.Task; {
	case !r.Finished():
		return refuse("the training is not finished")
	case task != "":
		return refuse("the task is " + task)
	case r.Recipe.IsGAN():
		return refuse("the model is " + r.Recipe.Model.Name + ", a GAN")
	}
	return CheckNetwork(r, own...)
}

func predictTest(r *run.Run, own []recipes.Own) (run.Predictions, error) {
	m, err := Load(r, own...)
	if err != nil {
		return run.Predictions{}, err
	}
	set, err := openTest(r)
	if err != nil {
		return run.Predictions{}, err
	}
	p, err := m.Predict(set)
	if err != nil {
		return run.Predictions{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return p, r.SavePredictions(run.Test, p)
}

// openTest opens the test images and records that in the run.
func openTest(r *run.Run) (fashion.Set, error) {
	set, err := dataset.Test(r.Recipe.Data)
	if err != nil {
		return fashion.Set{}, err
	}
	r.Record.TestOpened = append(r.Record.TestOpened, time.Now().UTC().Truncate(time.Second))
	return set, r.SaveRecord()
}
