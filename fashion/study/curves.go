package study

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
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

// PublishCurves puts the learning curves of a search into the published runs, as many as are recorded, each with its final accuracy. Where more are published already it is an error.
func PublishCurves(s hyperband.Search[recipes.Recipe], model string, p Profile) error {
	found, err := s.Read()
	if err != nil {
		return err
	}
	finals, err := s.ReadFinals()
	if err != nil {
		return err
	}
	recorded := len(found.Recorded(finals).Curves)
	ended := 0
	for _, t := range found.Trials {
		if t.Same == 0 && (t.Status == hyperband.Finished || t.Status == hyperband.Failed) {
			ended++
		}
	}
	if recorded == 0 || recorded < ended {
		return fmt.Errorf("%s: of %d trials that ended, %d have a final accuracy, want one or more, and all; run the search again", s.Journal, ended, recorded)
	}
	published, _, err := Recorded(model, p, run.Published())
	if err != nil {
		return err
	}
	if more := len(published.Curves); more > recorded {
		return fmt.Errorf("%s: %d learning curves are recorded, and %d are published already; remove the folder, and the next search goes on from the published ones", s.Journal, recorded, more)
	}
	target, err := curvesJournal(run.Published(), model, p)
	if err != nil {
		return err
	}
	return copyCurves(s, target)
}

// ContinueCurves has the search of a model's learning curves go on from those that are published, unless this machine has recorded some itself.
func ContinueCurves(s hyperband.Search[recipes.Recipe], model string, p Profile) error {
	if _, err := os.Stat(s.Journal); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	published, target := s, s.Journal
	var err error
	if published.Journal, err = curvesJournal(run.Published(), model, p); err != nil {
		return err
	}
	if _, err := os.Stat(published.Journal); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, _, err := Recorded(model, p, run.Published()); err != nil {
		return fmt.Errorf("the published learning curves cannot be continued: %w", err)
	}
	return copyCurves(published, target)
}

// copyCurves puts a search's journal and final accuracies into the folder of another journal.
func copyCurves(s hyperband.Search[recipes.Recipe], journal string) error {
	contents := map[string][]byte{}
	for _, file := range []string{s.Journal, s.FinalsFile()} {
		var err error
		if contents[filepath.Base(file)], err = disk.ReadFile(file, 0); err != nil {
			return err
		}
	}
	return disk.ReplaceFolder(filepath.Dir(journal), contents, slices.Sorted(maps.Keys(contents)))
}
