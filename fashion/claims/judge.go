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
	NoDifference Verdict = "no difference seen"
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
	// CrossedHalves counts all validation images: the best epoch is chosen on one half of them and judged on the other, and the other way round.
	CrossedHalves Measure = "best epoch by one half of the validation images, on the other half"
	// OnTest counts the test images: the epoch is the best by the validation images, or the last where the recipe keeps that.
	OnTest Measure = "epoch that the recipe keeps, the best by the validation images or the last, on the test images"
	// LastEpoch counts the validation images: no epoch is chosen.
	LastEpoch Measure = "last epoch, on the validation images"
)

// measures are all, those that give verdicts first.
var measures = []Measure{CrossedHalves, OnTest, LastEpoch}

// Rule says by what rule verdicts are given. It was fixed before the trainings of the queue.
func Rule() string {
	return fmt.Sprintf("Both sides of a comparison have the same seeds and images, and differ in one thing. The 95%% interval of the difference is over seeds and images at once. The verdict is *%s* if the "+
		"interval lies above 0, or above a threshold that is named, *%s* if it lies below, *%s* otherwise, and *%s* with fewer than %d seeds or %s images. The column *counted* names the measurement: %s; "+
		"or, for ensembles and for runs that did not save their predictions of each epoch, %s. The %s is shown beside it and gives no verdict. A claim has the verdict of its first "+
		"comparison; of the other comparisons without a true difference, about one in 20 will seem to show one.", Confirmed, Contradicted, NoDifference, NotTested, leastSeeds, text.Thousands(leastImages), CrossedHalves, OnTest, LastEpoch)
}

// Judgement is a claim with what the runs say.
type Judgement struct {
	Claim     Claim
	Profile   study.Profile
	Findings  []Finding       // of each comparison; the first gives the claim's verdict
	Trainings int             // that the claim needs
	Missing   []study.Variant // of them
	Beside    string          // the verdict on other measurements, see Claim
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
	return verdictOf(f.Results[0].Effect.Interval, f.Above)
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
	if c.Beside != nil && p == study.Full {
		beside, err := c.Beside(stores...)
		if err != nil {
			return j, err
		}
		j.Beside = beside
	}
	return j, nil
}
