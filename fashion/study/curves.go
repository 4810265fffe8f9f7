package study

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// ReplayBudget is that of the searches which are replayed from learning curves at Full.
var ReplayBudget = Budget{27, 3, hyperband.Algorithm1}

// LearningCurves is a search of a recipe's hyperparameters that trains every trial to the end, so that other searches can be replayed: see hyperband.Recorded. At Full, 64
// configurations are trained for 27 epochs on 12,000 images; 3,000 validation images measure the objective, and the other 9,000 the final accuracy.
func LearningCurves(model string, p Profile) (hyperband.Search[recipes.Recipe], error) {
	trials, epochs, images := 64, ReplayBudget.R, 15000
	switch p {
	case Smoke:
		trials, epochs, images = 3, 3, 500
	case Quick:
		trials, epochs, images = 12, 9, 1500
	}
	s, err := Search(model, p, Budget{epochs, ReplayBudget.Eta, ReplayBudget.Rounding})
	if err != nil {
		return s, err
	}
	s.Base.Data.Limit = images
	if s.Base.Schedule.Name == "cosine" {
		s.Base.Schedule.DecaySteps = s.Base.Steps()
	}
	s.Brackets, s.Space = hyperband.RandomSearch(trials, epochs), searchSpace(s.Base)
	s.Journal, err = curvesJournal(run.Local(), model, p)
	return s, err
}

func curvesJournal(store run.Store, model string, p Profile) (string, error) {
	dir, err := store.Path(p.Run("curves/" + model))
	return filepath.Join(dir, "journal.jsonl"), err
}

// Recorded are the learning curves of a model that a store has so far, and of how many there will be.
func Recorded(model string, p Profile, store run.Store) (r hyperband.Recorded, planned int, err error) {
	s, err := LearningCurves(model, p)
	if err == nil {
		s.Journal, err = curvesJournal(store, model, p)
	}
	if err != nil {
		return r, 0, err
	}
	found, err := s.Read()
	if err != nil {
		return r, 0, fmt.Errorf("learning curves: %w", err)
	}
	finals, err := s.ReadFinals()
	return found.Recorded(finals), len(found.Trials), err
}

// PublishCurves puts the learning curves of a search into the published runs. An unfinished search is an error.
func PublishCurves(s hyperband.Search[recipes.Recipe], model string, p Profile) error {
	found, err := s.Read()
	if err != nil {
		return err
	}
	finals, err := s.ReadFinals()
	if err != nil {
		return err
	}
	if recorded := found.Recorded(finals); !found.Done || len(recorded.Curves) < len(found.Ranking()) {
		return fmt.Errorf("%s: %d of %d learning curves are recorded to the end; only all are published", s.Journal, len(recorded.Curves), len(found.Trials))
	}
	target, err := curvesJournal(run.Published(), model, p)
	if err != nil {
		return err
	}
	contents := map[string][]byte{}
	for _, file := range []string{s.Journal, s.FinalsFile()} {
		if contents[filepath.Base(file)], err = disk.ReadFile(file, 0); err != nil {
			return err
		}
	}
	return disk.ReplaceFolder(filepath.Dir(target), contents, slices.Sorted(maps.Keys(contents)))
}
