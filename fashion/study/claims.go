package study

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Claim is a statement of the slides that an experiment of several trainings tests.
type Claim struct {
	Name      string                  // in commands
	Statement string                  // of the slides, as it is tested
	Variants  func(Profile) []Variant // that are compared, each with its recipe's own seed
}

// Claims lists the claims, in the order in which they are trained for.
func Claims() []Claim {
	return []Claim{
		{"augmentation", "the adopted augmentations, rotation, translation and cutout, raise the accuracy", AugmentationAblation},
		{"plateau", "reducing the learning rate on a plateau, with a patience of one epoch, raises the accuracy", Schedules},
		{"ingredients", "each of what others train small residual networks with raises the accuracy (no slide says so)", Ingredients},
	}
}

// ClaimByName is the claim of that name.
func ClaimByName(name string) (Claim, error) {
	var names []string
	for _, c := range Claims() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Claim{}, fmt.Errorf("claim is %q, want one of %s", name, strings.Join(names, ", "))
}

// Seeds is how many seeds each variant of a claim is trained with at a profile. A claim is judged at Full.
func (p Profile) Seeds() int {
	if p == Full {
		return 3
	}
	return 1
}

// WithSeed is a variant with another seed, in a run of its own; the variant itself if the seed is its recipe's.
func (v Variant) WithSeed(seed uint64) Variant {
	if seed != v.Recipe.Seed {
		v.Recipe.Seed = seed
		v.Run += fmt.Sprintf("-seed%d", seed)
	}
	return v
}

// Queue lists the trainings that claims need, each run once: those with the first seed of all claims, then those with the second and so on, so
// that whatever there is time for holds whole comparisons.
func Queue(p Profile, claims ...Claim) []Variant {
	var queue []Variant
	for seed := range p.Seeds() {
		for _, c := range claims {
			for _, v := range c.Variants(p) {
				v = v.WithSeed(uint64(seed + 1))
				if !slices.ContainsFunc(queue, func(other Variant) bool { return other.Run == v.Run }) {
					queue = append(queue, v)
				}
			}
		}
	}
	return queue
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
