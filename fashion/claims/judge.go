package claims

import (
	"fmt"
	"slices"

	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Verdict is the outcome of a comparison.
type Verdict string

const (
	Confirmed    Verdict = "confirmed"
	Contradicted Verdict = "contradicted"
	NoDifference Verdict = "no significant difference"
	NotTested    Verdict = "not tested here"
)

// What a verdict needs at least.
const (
	leastSeeds  = 3
	leastImages = 10000
)

// Measure is what a comparison counts the correct answers of.
type Measure string

const (
	// TwoFold counts all validation images: the best epoch is chosen on one half of them and judged on the other, and the other way round.
	TwoFold Measure = "validation images, halves that choose the epoch and measure"
	// OnTest counts the test images: the epoch is the best by the validation images, or the last where the recipe keeps that.
	OnTest Measure = "test images, after the epoch that the recipe keeps (the best on validation images, or the last)"
	// LastEpoch counts the validation images: no epoch is chosen.
	LastEpoch Measure = "validation images, after the last epoch"
)

// measures are all, those that give verdicts first.
var measures = []Measure{TwoFold, OnTest, LastEpoch}

// Rule says by what rule verdicts are given. It was fixed before the trainings of the queue.
func Rule() string {
	return fmt.Sprintf("Both sides of a comparison have the same seeds and images, and differ in one thing. The 95%% interval of the difference in accuracy is over seeds and images at once. The verdict is *%s* if the "+
		"interval lies above 0 (or above the margin that is named), *%s* if it lies below, *%s* if it contains it, and *%s* with fewer than %d seeds or %s images. "+
		"The accuracy is measured on the validation images: one half of them chooses the epoch, on the other half the accuracy is measured, and then the halves change roles. "+
		"For ensembles, and where more seeds have saved test predictions than predictions of each epoch, it is measured on the test images instead. The accuracy after the last epoch is shown too and decides nothing. "+
		"A claim has the verdict of its first comparison. The others are not corrected for multiple testing: without a true difference, about one in 20 will seem to show one.",
		Confirmed, Contradicted, NoDifference, NotTested, leastSeeds, text.Thousands(leastImages))
}

// Judgement is a claim with what the runs say.
type Judgement struct {
	Claim     Claim
	Profile   study.Profile
	Findings  []Finding       // of each comparison; the first gives the claim's verdict
	Trainings int             // that the claim needs
	Missing   []study.Variant // of them
	Secondary string          // the verdict on other measurements, see Claim
}

// Verdict is that of the claim.
func (j Judgement) Verdict() Verdict { return j.Findings[0].Verdict() }

// Command makes the trainings that are missing.
func (j Judgement) Command() string {
	return fmt.Sprintf("go run ./kernel-setup train -all -profile %s -claim %s", j.Profile, j.Claim.Name)
}

// Finding is what the runs say of a comparison.
type Finding struct {
	Comparison
	Results           []Result // by each measure for which there are runs; the first gives the verdict
	Runs              []Found
	VariantCost, Cost Cost // of the variant and of the baseline; zero where no run is there
}

// Result is a comparison by one measure.
type Result struct {
	Measure           Measure
	Counted           string // the measure in words, which say the epoch that the recipes keep
	Images, Seeds     int
	Variant, Baseline float64        // mean accuracy over the seeds, a fraction
	Effect            metrics.Effect // the variant's less the baseline's; of one seed without an interval
}

// Found is a run with its name.
type Found struct {
	Name string
	*run.Run
}

// Cost is what a side costs, as the mean over its seeds.
type Cost struct {
	Parameters float64
	Minutes    float64 // of training
	Seeds      int
}

// Verdict is what the first result says.
func (f Finding) Verdict() Verdict {
	if f.Lacks() != "" {
		return NotTested
	}
	return verdictOf(f.Results[0].Effect.Interval, f.Margin)
}

// verdictOf is the verdict of a gain with its 95% interval, which is to lie above a threshold.
func verdictOf(gain metrics.Interval, above float64) Verdict {
	switch {
	case gain.Low > above:
		return Confirmed
	case gain.High < above:
		return Contradicted
	}
	return NoDifference
}

// Lacks says how much of what a verdict needs is there, as "1 of 3 seeds"; "" if all is.
func (f Finding) Lacks() string {
	var r Result
	if len(f.Results) > 0 && f.Results[0].Measure != LastEpoch {
		r = f.Results[0]
	}
	switch {
	case r.Seeds < leastSeeds:
		return fmt.Sprintf("%d of %d seeds", r.Seeds, leastSeeds)
	case r.Images < leastImages:
		return fmt.Sprintf("%s of %s images", text.Thousands(r.Images), text.Thousands(leastImages))
	}
	return ""
}

// Judge reads a claim's runs from the first of some stores that has them. A run that is not finished, that has another recipe or that cannot be read is missing.
func (c Claim) Judge(p study.Profile, stores ...run.Store) (Judgement, error) {
	j, e := Judgement{Claim: c, Profile: p}, evidence{stores, map[string]*run.Run{}, map[string]answers{}}
	for seed := range Seeds(p) {
		for _, comparison := range c.Comparisons(p) {
			j.Missing = append(j.Missing, comparison.trainings(uint64(seed+1))...)
		}
	}
	j.Missing = study.Once(j.Missing)
	j.Trainings = len(j.Missing)
	j.Missing = slices.DeleteFunc(j.Missing, func(v study.Variant) bool { return e.open(v) != nil })
	for _, comparison := range c.Comparisons(p) {
		f, err := e.compare(comparison, Seeds(p))
		if err != nil {
			return j, fmt.Errorf("%s: %w", comparison.Name(), err)
		}
		j.Findings = append(j.Findings, f)
	}
	if c.Secondary != nil && p == study.Full {
		beside, err := c.Secondary(stores...)
		if err != nil {
			return j, err
		}
		j.Secondary = beside
	}
	return j, nil
}
