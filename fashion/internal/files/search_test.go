package files_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// searchIn is a search with promotions, kept below a folder.
func searchIn(root string) (hyperband.Search[recipes.Recipe], error) {
	brackets, err := hyperband.Brackets(4, 2, hyperband.Algorithm1)
	base := recipe()
	base.Data.Limit, base.Epochs = 100, 4
	return hyperband.Search[recipes.Recipe]{
		Brackets: brackets[:1], Base: base, Seed: 1, Journal: filepath.Join(root, "runs", "search", "journal.jsonl"),
		Space: hyperband.Space[recipes.Recipe]{hyperband.LogRange("rate", func(r *recipes.Recipe, rate float64) { r.Optimizer.LearningRate = rate }, 1e-3, 1e-1)},
	}, err
}

// searching is a whole search.
var searching = work{name: "search", published: true, valid: searchIsValid, do: func(r *recording) error {
	root, err := run.Local().Root()
	if err != nil {
		return err
	}
	s, err := searchIn(filepath.Dir(root))
	if err != nil {
		return err
	}
	ctx := context.Background()
	_, err = train.SearchBy(ctx, s, func(state hyperband.State[recipes.Recipe]) {
		if n := state.Epochs; n > 0 {
			r.promise(fmt.Sprintf("%d epochs of the search", n), func(root string) error {
				s, err := searchIn(root)
				if err != nil {
					return err
				}
				if kept, err := s.Read(); err != nil || kept.Epochs < n {
					return fmt.Errorf("the journal has %d epochs (%v)", kept.Epochs, err)
				}
				return nil
			})
		}
	}, func(recipe recipes.Recipe, epochs int) ([]float64, error) {
		return trainer.Trial(ctx, train.TrialRun(filepath.Dir(s.Journal), recipe), recipe, epochs, nil)
	})
	return err
}}

// searchIsValid reports a journal that cannot be read, and a training in it whose run is not there.
func searchIsValid(root string) error {
	s, err := searchIn(root)
	if err != nil {
		return err
	}
	state, err := s.Read()
	if err != nil {
		return err
	}
	problems := []error{readable(root)}
	for _, t := range state.Trials {
		if len(t.Scores) == 0 {
			continue
		}
		r, err := run.Open(train.TrialRun(filepath.Dir(s.Journal), t.Config))
		if err != nil || len(r.History) < len(t.Scores) {
			problems = append(problems, fmt.Errorf("the journal has %d epochs of trial %d, its run %d (%v)", len(t.Scores), t.ID, len(r.History), err))
		}
	}
	return errors.Join(problems...)
}

func TestSearchThatIsCutOffKeepsWhatWasAnnouncedAndFindsTheSame(t *testing.T) {
	needBackend(t)
	searching.cutOff(t, some{short: 200}, some{short: 10})
}

func TestSearchThatIsCutOffAfterAKilledAttemptKeepsWhatWasAnnounced(t *testing.T) {
	needBackend(t)
	searching.killAndCutOff(t, some{2, 10}, some{40, 200}, some{1, 5})
}

func TestSearchWhoseFilesFailEndsWithAnErrorThatNamesTheFileAndFindsTheSame(t *testing.T) {
	needBackend(t)
	searching.failAll(t, some{short: 20})
}
