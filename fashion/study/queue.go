package study

import (
	"cmp"
	"errors"
	"slices"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Variants lists what a claim compares, with the first seed, each once: the first of its comparisons' baseline before all.
func (c Claim) Variants(p Profile) (list []Variant) {
	for _, comparison := range c.Comparisons(p) {
		list = append(list, comparison.trainings(1)...)
	}
	return once(list)
}

// trainings are those of both sides.
func (c Comparison) trainings(seed uint64) []Variant {
	return append(c.Baseline.Members(seed), c.Variant.Members(seed)...)
}

// once leaves out variants whose run is there before.
func once(list []Variant) (out []Variant) {
	for _, v := range list {
		if !slices.ContainsFunc(out, func(other Variant) bool { return other.Run == v.Run }) {
			out = append(out, v)
		}
	}
	return out
}

// expensive is how many seconds a training takes at least that comes late in the queue, on the machine whose steps package estimate knows.
const expensive = 30 * 60

// Stages of the queue.
const (
	deciding = iota // what gives a claim its verdict, of several that are cheap
	beside          // cheap too
	last            // expensive
)

// Queue lists the trainings that claims need, each run once. First come those that give verdicts, then what is compared beside them, last all that are expensive. In each of these
// the ones with the first seed of all claims come before those with the second, so that whatever there is time for holds whole comparisons.
func Queue(p Profile, claims ...Claim) []Variant {
	type training struct {
		Variant
		stage int
	}
	var all []training
	for seed := range p.Seeds() {
		for _, c := range claims {
			for i, comparison := range c.Comparisons(p) {
				for _, v := range comparison.trainings(uint64(seed + 1)) {
					stage := min(i, beside)
					if (estimate.Speeds{}).For(v.Recipe).Seconds(v.Recipe, v.Recipe.Epochs) >= expensive {
						stage = last
					}
					all = append(all, training{v, stage})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b training) int { return cmp.Compare(a.stage, b.stage) })
	var queue []Variant
	for _, t := range all {
		queue = append(queue, t.Variant)
	}
	return once(queue)
}

// Standing is what there is of a training.
type Standing struct {
	Published bool
	Tested    bool // it is finished on this machine, and has predictions for the test images
	Finished  bool
	Epochs    int // that are there, on this machine
}

// Standing looks for a variant's run. The error of a run with another recipe is a *run.RecipeError.
func (v Variant) Standing() (s Standing, err error) {
	switch p, err := run.Published().Open(v.Run); {
	case err == nil:
		s.Published = p.Recipe == v.Recipe
	case !errors.Is(err, run.ErrNotFound):
		return s, err
	}
	r, err := run.Local().Open(v.Run)
	switch {
	case errors.Is(err, run.ErrNotFound):
		return s, nil
	case err != nil:
		return s, err
	case r.Recipe != v.Recipe:
		return s, &run.RecipeError{Dir: r.Dir, Differences: recipes.Diff(r.Recipe, v.Recipe)}
	}
	s.Finished, s.Epochs = r.Finished(), len(r.History)
	if s.Finished {
		_, err := r.Predictions(run.Test)
		s.Tested = err == nil // corrupt ones are made anew
	}
	return s, nil
}
