package infer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"fashionlab/fashion/dataset"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Test opens the test images for a finished run, saves its predictions for them and records the opening. It is the only function that opens them. Where the predictions are
// saved already, it reads those. The code of a network of one's own is handed over.
func Test(r *run.Run, own ...recipes.Own) (run.Predictions, error) {
	refuse := func(why string) (run.Predictions, error) {
		return run.Predictions{}, fmt.Errorf("%s: %s; the test images are for finished runs that learned the classes", r.Dir, why)
	}
	switch task := r.Recipe.Data.Task; {
	case !r.Finished():
		return refuse("the training is not finished")
	case task != "":
		return refuse("the task is " + task)
	case models.IsGAN(r.Recipe.Model.Name):
		return refuse("the model is " + r.Recipe.Model.Name + ", a GAN")
	}
	if err := CheckNetwork(r, own...); err != nil {
		return run.Predictions{}, err
	}
	p, err := r.Predictions(run.Test)
	if err == nil {
		return p, nil
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
		return run.Predictions{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	r.Record = w.Record
	return p, nil
}

func predictTest(r *run.Run, own []recipes.Own) (run.Predictions, error) {
	m, err := Load(r, own...)
	if err != nil {
		return run.Predictions{}, err
	}
	set, err := dataset.Test(r.Recipe.Data)
	if err != nil {
		return run.Predictions{}, err
	}
	r.Record.TestOpened = append(r.Record.TestOpened, time.Now().UTC().Truncate(time.Second))
	if err := r.SaveRecord(); err != nil {
		return run.Predictions{}, err
	}
	p, err := m.Predict(set)
	if err != nil {
		return run.Predictions{}, err
	}
	return p, r.SavePredictions(run.Test, p)
}
