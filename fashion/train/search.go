package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Search runs a search of recipes, or resumes it, in the folder of its journal; its objective is the validation accuracy. Each
// configuration is a run in that folder (see TrialRun), and a promoted one resumes there bit for bit as if it had never stopped. As
// many trainings as there are workers run at once and share the backend; the outcome is the same for any number. report, if not nil, is called
// after each training.
//
// The checkpoints of trials that were dropped are removed: training one of them further begins anew, with the same outcome.
//
// The journal is a file in the folder of the search, such as journal.jsonl in what run.Local().Path("mine/search") returns. The epochs are those of the brackets' rungs: found.Best().Config has the
// base's, and its scores one for each epoch that it had.
//
// own is as in Fit. The hyperparameters of a user-defined network, which Network.ForModel reads, may be in the space.
func Search(s hyperband.Search[recipes.Recipe], workers int, report func(hyperband.State[recipes.Recipe]), own ...recipes.Own) (hyperband.State[recipes.Recipe], error) {
	return SearchContext(context.Background(), s, workers, report, own...)
}

// SearchContext is Search until the context ends: the trainings that are under way then stop before their next executions, see FitContext, and the error
// is an InterruptedSearchError. The next call resumes after what was measured, and resumes each training after its last epoch.
func SearchContext(ctx context.Context, s hyperband.Search[recipes.Recipe], workers int, report func(hyperband.State[recipes.Recipe]), own ...recipes.Own) (hyperband.State[recipes.Recipe], error) {
	if workers < 1 {
		return hyperband.State[recipes.Recipe]{}, fmt.Errorf("the search has %d workers, want 1 or more", workers)
	}
	if _, err := infer.Backend(); err != nil {
		return hyperband.State[recipes.Recipe]{}, err
	}
	ctx, stop := parent.Context(ctx)
	defer stop()
	var list []hyperband.Worker[recipes.Recipe]
	for range workers {
		t := &Trainer{Own: own}
		list = append(list, func(recipe recipes.Recipe, epochs int) ([]float64, error) {
			return t.Trial(ctx, TrialRun(filepath.Dir(s.Journal), recipe), recipe, epochs, nil)
		})
	}
	return SearchBy(ctx, s, report, list...)
}

// SearchBy is SearchContext by workers of one's own, which keep the run of a configuration where TrialRun says and stop when the context ends.
func SearchBy(ctx context.Context, s hyperband.Search[recipes.Recipe], report func(hyperband.State[recipes.Recipe]), workers ...hyperband.Worker[recipes.Recipe]) (hyperband.State[recipes.Recipe], error) {
	var none hyperband.State[recipes.Recipe]
	if s.Journal == "" {
		return none, errors.New("the search has no journal, in whose folder its runs would be")
	}
	if err := checkSpace(s); err != nil {
		return none, err
	}
	dir := filepath.Dir(s.Journal)
	if err := disk.MkdirAll(dir); err != nil {
		return none, fmt.Errorf("cannot keep a search here; name a writable folder with $%s: %w", run.RootVariable, err)
	}
	lock, err := disk.NewLock(dir)
	if err != nil {
		return none, err
	}
	if lock.Warning != "" {
		fmt.Fprintf(os.Stderr, "warning: %s\n", lock.Warning)
	}
	defer lock.Close() // nothing is written through it
	var ended hyperband.Ended[recipes.Recipe]
	var trouble error
	found, err := s.Run(func(state hyperband.State[recipes.Recipe]) {
		for _, id := range ended.Since(state) {
			trouble = errors.Join(trouble, run.RemoveCheckpoints(TrialRun(dir, state.Trials[id-1].Config)))
		}
		if report != nil {
			report(state)
		}
	}, workers...)
	if err != nil && onlyInterrupted(err) {
		err = &InterruptedSearchError{dir, found.Epochs, found.Planned, ctx.Err()}
	}
	if trouble != nil {
		err = errors.Join(err, trouble)
	}
	return found, err
}

// checkSpace reports a parameter of the search space that would set what the brackets decide.
func checkSpace(s hyperband.Search[recipes.Recipe]) error {
	for _, p := range s.Space {
		ends := []float64{p.Low, p.High}
		if p.Choices != nil {
			ends = []float64{0, float64(len(p.Choices) - 1)}
		}
		if p.Set == nil || p.Choices != nil && len(p.Choices) == 0 {
			continue // of which the search says what is wrong
		}
		for _, end := range ends {
			r := s.Base
			if p.Set(&r, end); r.Epochs != s.Base.Epochs {
				return fmt.Errorf("parameter %s of the search space sets the epochs, which the brackets decide; leave it out", p.Name)
			}
		}
	}
	return nil
}

// TrialRun is the folder of a configuration's run in the folder of its search. Its name is that of the recipe's content, the
// epochs left out.
func TrialRun(search string, r recipes.Recipe) string {
	r.Epochs = 0
	sum := sha256.Sum256([]byte(r.String()))
	return filepath.Join(search, "trials", hex.EncodeToString(sum[:8]))
}

// Trial trains a configuration of a search into the run in a folder, up to a number of epochs, and returns the validation accuracy after each. A run of fewer epochs resumes.
// The error of a training that diverged wraps hyperband.ErrFailed. report is as in Fit.
func (t *Trainer) Trial(ctx context.Context, dir string, recipe recipes.Recipe, epochs int, report func(run.Progress)) ([]float64, error) {
	recipe.Epochs = epochs
	if recipe.SpansTraining() {
		return nil, fmt.Errorf("the schedule %q depends on how long the whole training is, so that a trial of %d epochs could not be promoted; give a cosine the steps of the longest trial (Schedule.DecaySteps), "+
			"or search with another schedule", recipe.Schedule.Name, epochs)
	}
	r, err := t.fit(ctx, dir, recipe, run.Extend, report)
	var diverged *DivergedError
	if errors.As(err, &diverged) {
		return nil, fmt.Errorf("%w: %w", err, hyperband.ErrFailed)
	}
	if err != nil {
		return nil, err
	}
	var scores []float64
	for _, e := range r.History[:min(epochs, len(r.History))] {
		scores = append(scores, e.ValidationAccuracy)
	}
	return scores, nil
}

// InterruptedSearchError is a search that stopped because its context ended. What was measured before is kept, and so are the finished epochs of the trainings
// that were under way.
type InterruptedSearchError struct {
	Dir             string
	Epochs, Planned int   // of all trials: in the journal, and in all
	Err             error // the context's
}

func (e *InterruptedSearchError) Error() string {
	return fmt.Sprintf("%s: interrupted after %d of %d epochs; the search resumes there", e.Dir, e.Epochs, e.Planned)
}

func (e *InterruptedSearchError) Unwrap() error { return e.Err }

// onlyInterrupted reports whether interrupted trainings are all that an error reports.
func onlyInterrupted(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !onlyInterrupted(e) })
	}
	var interrupted *InterruptedError
	return errors.As(err, &interrupted)
}
