package notebooks

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/kernel-setup/internal/layout"
)

// training is what a notebook trains: a trial, or a search with all of its trials.
type training struct {
	run          string // its name
	recipe       recipes.Recipe
	epochs, done int
	finished     bool
	spent        float64 // seconds so far
}

// trainingsOf reads how far the trainings of a notebook are. A run of another recipe is an error, which the notebook would end with hours later.
func trainingsOf(notebook string, p study.Profile) ([]training, error) {
	var list []training
	for _, trial := range study.Trainings(notebook, p) {
		t := training{run: trial.Run, recipe: trial.Recipe, epochs: trial.Recipe.Epochs}
		r, err := run.Local().Open(trial.Run)
		if err == nil && trial.OnOwnData() {
			trial = trial.On(r.Recipe.Data)
		}
		switch {
		case errors.Is(err, run.ErrNotFound):
		case err != nil:
			return nil, err
		case r.Recipe == trial.Recipe:
			t.done, t.finished, t.spent = len(r.History), r.Finished(), r.Record.Seconds
		case len(r.History) > 0:
			return nil, fmt.Errorf("%s: %w", notebook, &run.RecipeError{Dir: r.Dir, Differences: recipes.Diff(r.Recipe, trial.Recipe)})
		}
		list = append(list, t)
	}
	if model := study.Searched(notebook); model != "" {
		t, err := searchOf(model, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", notebook, err)
		}
		list = append(list, t)
	}
	return list, nil
}

// searchOf reads how far a search is, and the training of dropped configurations after it.
func searchOf(model string, p study.Profile) (training, error) {
	s, err := study.Search(model, p, study.SearchBudget(p))
	if err != nil {
		return training{}, err
	}
	found, err := s.Read()
	if err != nil {
		return training{}, err
	}
	t := training{run: p.Run("search/" + filepath.Base(filepath.Dir(s.Journal))), recipe: s.Base,
		epochs: found.Planned + study.DroppedTrials*s.Base.Epochs, done: found.Epochs, spent: found.Seconds}
	if !found.Done {
		return t, nil
	}
	after, err := study.Dropped(s, found).Read()
	t.epochs, t.done, t.spent, t.finished = found.Epochs+after.Planned, found.Epochs+after.Epochs, found.Seconds+after.Seconds, after.Done
	return t, err
}

// planned is a notebook that will be executed.
type planned struct {
	name      string
	trainings []training // without those of the notebooks before
	left      float64    // seconds, about: of the trainings and of all else
}

// plan is what an execution of notebooks will take.
type plan struct {
	profile   study.Profile
	notebooks []planned
	bases     map[string][]string // what the estimates rest on, by the model's name
	optional  []string            // runs that are not counted
}

// newPlan reads what is done and estimates what is not. out is the folder of the executed notebooks.
func newPlan(l layout.Layout, paths []string, p study.Profile, out string) (plan, error) {
	made := plan{profile: p, bases: map[string][]string{}}
	root, err := l.Runs()
	if err != nil {
		return made, err
	}
	speeds, unreadable := estimate.Measure(run.StoreAt(root, false), run.StoreAt(l.Published(), true), l.OnGPU())
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		n := planned{name: nameOf(path)}
		all, err := trainingsOf(n.name, p)
		if err != nil {
			return made, err
		}
		for _, t := range all {
			switch {
			case seen[t.run]:
				continue
			case t.recipe.Model.Weights.Hub != "" && t.done == 0:
				made.optional = append(made.optional, t.run)
			default:
				n.trainings = append(n.trainings, t)
				n.left += made.estimate(t, speeds.For(t.recipe))
			}
			seen[t.run] = true
		}
		beside, err := besideTrainings(out, path, p)
		if err != nil {
			return made, err
		}
		n.left += beside
		made.notebooks = append(made.notebooks, n)
	}
	return made, nil
}

// estimate is about how many seconds are left of a training. The plan notes what that rests on.
func (p plan) estimate(t training, b estimate.Basis) float64 {
	if t.finished {
		return 0
	}
	if known := p.bases[t.recipe.Model.Name]; !slices.Contains(known, b.Source) {
		p.bases[t.recipe.Model.Name] = append(known, b.Source)
	}
	return b.Seconds(t.recipe, t.epochs-t.done)
}

// print says how long it takes in all and which trainings resume; if asked to, each notebook and what the estimates rest on too.
func (p plan) print(w io.Writer, all bool) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "notebook\ttrainings finished\tepochs done\ttrained for\tto go, about")
	var left, spent float64
	var resumed []string
	for _, n := range p.notebooks {
		finished, epochs, done, trained := 0, 0, 0, 0.0
		for _, training := range n.trainings {
			epochs, done, trained = epochs+training.epochs, done+training.done, trained+training.spent
			switch {
			case training.finished:
				finished++
			case training.done > 0:
				resumed = append(resumed, fmt.Sprintf("%s after %d of %d epochs", training.run, training.done, training.epochs))
			}
		}
		left, spent = left+n.left, spent+trained
		if len(n.trainings) == 0 {
			fmt.Fprintf(t, "%s\tnone\t\t\t%s\n", n.name, about(n.left))
			continue
		}
		fmt.Fprintf(t, "%s\t%d of %d\t%d of %d\t%s\t%s\n", n.name, finished, len(n.trainings), done, epochs, about(trained), about(n.left))
	}
	fmt.Fprintf(w, "profile %s: about %s to go; trained for %s so far\n", p.profile, about(left), about(spent))
	if all {
		fmt.Fprintln(w)
		if err := errors.Join(t.Flush(), p.printBases(w)); err != nil {
			return err
		}
	}
	for _, line := range resumed {
		fmt.Fprintln(w, "resumes:", line)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// printBases says what the estimates rest on, and what they leave out.
func (p plan) printBases(w io.Writer) error {
	fmt.Fprintln(w)
	for _, model := range slices.Sorted(maps.Keys(p.bases)) {
		fmt.Fprintf(w, "estimated: %s by %s\n", model, strings.Join(p.bases[model], ", "))
	}
	for _, name := range p.optional {
		fmt.Fprintf(w, "not counted: %s, which is trained only where its first weights are\n", name)
	}
	_, err := fmt.Fprintln(w, "What is finished is only read. Ctrl-C keeps what is done; the same command resumes.")
	return err
}

// about is a duration for people.
func about(seconds float64) string {
	switch {
	case seconds < 100:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}
