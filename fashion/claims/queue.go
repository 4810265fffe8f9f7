package claims

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// trainings are those of both sides.
func (c Comparison) trainings(seed uint64) []study.Variant {
	return append(c.Baseline.Members(seed), c.Variant.Members(seed)...)
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
func Queue(p study.Profile, claims ...Claim) []study.Variant {
	type training struct {
		study.Variant
		stage int
	}
	var all []training
	for seed := range Seeds(p) {
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
	var queue []study.Variant
	for _, t := range all {
		queue = append(queue, t.Variant)
	}
	return study.Once(queue)
}

// Standing says in words whether a training that claims need at a profile is there, published if it shall be, and how many of its epochs are missing; -1 where nothing is to be done. A published run that
// cannot be read and a run of another recipe are errors.
func Standing(v study.Variant, p study.Profile, publish bool) (state string, epochs int, err error) {
	s, err := v.Standing()
	switch {
	case err != nil:
		return "", 0, err
	case s.Tested && study.NeedsRobustness(p, v) && !robust(v, publish):
		return "not measured on corrupted images yet", 0, nil
	case s.Published:
		return "published", -1, nil
	case s.Corrupt:
		return "corrupt, to be made anew", 0, nil
	case s.Tested && publish:
		return "not published yet", 0, nil
	case s.Tested:
		return "here", -1, nil
	case s.Finished:
		return "not tested yet", 0, nil
	case s.Epochs > 0:
		return fmt.Sprintf("interrupted after epoch %d", s.Epochs), v.Recipe.Epochs - s.Epochs, nil
	}
	return "missing", v.Recipe.Epochs, nil
}

// robust reports whether the robustness of a training was measured: of the published run if there is one that publishing would replace.
func robust(v study.Variant, publish bool) bool {
	stores := []run.Store{run.Local()}
	if publish {
		stores = append(stores, run.Published())
	}
	for _, s := range stores {
		r, err := s.Open(v.Run)
		if errors.Is(err, run.ErrNotFound) && s.Published() {
			continue
		}
		if err == nil {
			_, err = r.Robustness(run.Test)
		}
		if err != nil {
			return false // corrupt ones are made anew
		}
	}
	return true
}
