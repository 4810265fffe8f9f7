package claims

import (
	"cmp"
	"slices"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/study"
)

// Variants lists what a claim compares, with the first seed, each once: the first of its comparisons' baseline before all.
func (c Claim) Variants(p study.Profile) (list []study.Variant) {
	for _, comparison := range c.Comparisons(p) {
		list = append(list, comparison.trainings(1)...)
	}
	return once(list)
}

// trainings are those of both sides.
func (c Comparison) trainings(seed uint64) []study.Variant {
	return append(c.Baseline.Members(seed), c.Variant.Members(seed)...)
}

// once leaves out variants whose run is there before.
func once(list []study.Variant) (out []study.Variant) {
	for _, v := range list {
		if !slices.ContainsFunc(out, func(other study.Variant) bool { return other.Run == v.Run }) {
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
	return once(queue)
}
