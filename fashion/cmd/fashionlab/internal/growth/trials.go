package growth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// searchTrials does a search of the CNN's hyperparameters in which a training takes no time. It has the brackets of the profile quick, with as many times more trials as are wanted in each rung.
func searchTrials(ctx context.Context, p *point, given input) error {
	s, err := study.Search("cnn", study.Quick, study.SearchBudget(study.Quick))
	if err != nil {
		return err
	}
	trials := hyperband.Cost(s.Brackets).Trials
	times := (p.N + trials - 1) / trials
	for _, b := range s.Brackets {
		for i := range b.Rungs {
			b.Rungs[i].Trials *= times
		}
	}
	p.N = hyperband.Cost(s.Brackets).Trials
	attempt := 0
	return p.repeat(ctx, func() error {
		attempt++
		s.Journal = filepath.Join(given.dir, fmt.Sprint("search-", attempt), "journal.jsonl")
		found, err := train.SearchBy(ctx, s, func(state hyperband.State[recipes.Recipe]) {
			fmt.Fprintln(io.Discard, notebook.SearchLine(state)) // as the command and the notebook do
		}, costless)
		if err == nil && !found.Done {
			err = errors.New("the search is not done")
		}
		if err != nil {
			return err
		}
		return p.has(len(found.Trials))
	})
}

// costless is a worker that trains nothing: the higher the learning rate of a configuration, the higher its scores.
func costless(r recipes.Recipe, epochs int) ([]float64, error) {
	scores := make([]float64, epochs)
	for i := range scores {
		scores[i] = r.Optimizer.LearningRate * float64(i+1)
	}
	return scores, nil
}
