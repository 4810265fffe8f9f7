package infer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"fashionlab/fashion"
	"fashionlab/fashion/corruption"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Robustness measures a finished run on a split, run.Validation or run.Test, after each corruption at each strength, and saves the result in the run. Where that is saved already, it
// reads it. For the test images it first tests the run as it is; the run records that they were opened for both. It stops, with nothing saved, when the context ends. done, if not
// nil, is called with the fraction of the work that is done. own contains the user-defined network that the recipe names, if any; without it the call is an error.
func Robustness(ctx context.Context, r *run.Run, split string, done func(float64), own ...recipes.Own) (run.Robustness, error) {
	if split != run.Validation && split != run.Test {
		return run.Robustness{}, fmt.Errorf("the split is %q, want %s or %s", split, run.Validation, run.Test)
	}
	if err := testable(r, own); err != nil {
		return run.Robustness{}, err
	}
	if s := r.Recipe.Model.Shape; s != (fashion.Shape{}) {
		return run.Robustness{}, fmt.Errorf("%s: the model reads %v, and the corruptions are of %v; train on those to measure it", r.Dir, s, fashion.Shape{})
	}
	saved, err := r.Robustness(split)
	if err == nil {
		return saved, nil
	}
	if r.Published {
		return run.Robustness{}, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(os.Stderr, "warning: %v; it is measured once more\n", err)
	}
	if split == run.Test {
		if _, err := Test(r, own...); err != nil {
			return run.Robustness{}, err
		}
	}
	w, err := run.Begin(r.Dir, r.Recipe)
	if err != nil {
		return run.Robustness{}, err
	}
	defer w.Close() // the lock; what was saved is on the disk
	if saved, err = measureRobustness(ctx, w, split, done, own); err != nil {
		return run.Robustness{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	r.Record = w.Record
	return saved, nil
}

func measureRobustness(ctx context.Context, r *run.Run, split string, done func(float64), own []recipes.Own) (run.Robustness, error) {
	p, err := r.Predictions(split)
	if err != nil {
		return run.Robustness{}, err
	}
	m, err := Load(r, own...)
	if err != nil {
		return run.Robustness{}, err
	}
	set, err := predicted(r, split, p.Indices)
	if err != nil {
		return run.Robustness{}, err
	}
	out := run.Robustness{Seed: corruption.Seed, Images: set.Len(), Clean: run.CorrectBits(p)}
	all := corruption.All()
	for i, c := range all {
		corrupted := run.Corrupted{Name: c.Name, Unit: c.Unit, Strengths: c.Strengths[:]}
		for level := 1; level <= corruption.Levels; level++ {
			if err := ctx.Err(); err != nil {
				return run.Robustness{}, err
			}
			p, err := m.Predict(c.Set(set, p.Indices, level, corruption.Seed))
			if err != nil {
				return run.Robustness{}, err
			}
			corrupted.Correct = append(corrupted.Correct, run.CorrectBits(p))
			if done != nil {
				done(float64(i*corruption.Levels+level) / float64(len(all)*corruption.Levels))
			}
		}
		out.Corruptions = append(out.Corruptions, corrupted)
	}
	return out, r.SaveRobustness(split, out)
}

// predicted returns the images of a split's predictions.
func predicted(r *run.Run, split string, indices []int32) (fashion.Set, error) {
	open := func() (fashion.Set, error) { return dataset.Train(r.Recipe.Data) }
	if split == run.Test {
		open = func() (fashion.Set, error) { return openTest(r) }
	}
	set, err := open()
	if err != nil {
		return fashion.Set{}, err
	}
	positions := make([]int, len(indices))
	for i, index := range indices {
		if int(index) >= set.Len() {
			return fashion.Set{}, fmt.Errorf("the predictions for the %s images have the index %d, want one below %d", split, index, set.Len())
		}
		positions[i] = int(index)
	}
	return set.Take(positions), nil
}
