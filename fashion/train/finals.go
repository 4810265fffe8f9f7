package train

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// MeasureFinals classifies the validation images that no objective was measured on, those that the limit of the search's recipes leaves out, by each trial that was
// trained to the end, and saves the counts beside the journal. What is there already is not measured again. The context ends it between two trials.
func MeasureFinals(ctx context.Context, s hyperband.Search[recipes.Recipe], found hyperband.State[recipes.Recipe], own ...recipes.Own) error {
	set, err := unseen(s.Base.Data)
	if err != nil {
		return err
	}
	finals, err := s.ReadFinals()
	if err != nil {
		return err
	}
	if finals.Correct == nil || finals.Images != set.Len() {
		finals = hyperband.Finals{Images: set.Len(), Correct: map[int]int{}}
	}
	for _, t := range found.Trials {
		if _, known := finals.Correct[t.ID]; known || t.Status != hyperband.Finished || t.Same != 0 {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		dir := filepath.Dir(s.Journal)
		r, err := run.Open(TrialRun(dir, t.Config))
		if err != nil {
			return fmt.Errorf("the final accuracy of trial %d: %w; remove %s, and the search begins anew, or with what is published", t.ID, err, dir)
		}
		m, err := infer.Load(r, own...)
		if err != nil {
			return err
		}
		p, err := m.Predict(set)
		if err != nil {
			return err
		}
		finals.Correct[t.ID] = p.Correct()
		if err := s.WriteFinals(finals); err != nil {
			return err
		}
	}
	return nil
}

// unseen are the validation images of the whole split that are not among those of a limited one.
func unseen(d recipes.Data) (set fashion.Set, err error) {
	all, err := dataset.Train(d)
	if err != nil {
		return set, err
	}
	_, whole, err := fashion.Split(all.Labels, d.Validation, 0, d.SplitSeed)
	if err != nil {
		return set, err
	}
	_, seen, err := fashion.Split(all.Labels, d.Validation, d.Limit, d.SplitSeed)
	if err != nil {
		return set, err
	}
	set = all.Take(slices.DeleteFunc(whole, func(i int) bool {
		_, found := slices.BinarySearch(seen, i)
		return found
	}))
	if set.Len() == 0 {
		return set, fmt.Errorf("the recipe's limit of %d images leaves out none for the final accuracies; choose a lower limit", d.Limit)
	}
	return set, nil
}
