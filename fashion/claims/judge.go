package claims

import (
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
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
	// OnTest counts the test images: the best epoch is chosen on the validation images.
	OnTest Measure = "best epoch by the validation images, on the test images"
	// LastEpoch counts the validation images: no epoch is chosen.
	LastEpoch Measure = "last epoch, on the validation images"
)

// measures are all, those that give verdicts first.
var measures = []Measure{CrossedHalves, OnTest, LastEpoch}

// Rule says by what rule verdicts are given. It was fixed before the trainings of the queue.
func Rule() string {
	return fmt.Sprintf("Both sides of a comparison have the same seeds and images, and differ in one thing. The 95%% interval of the difference is over seeds and images at once. The verdict is *%s* if the "+
		"interval lies above 0, or above a threshold that is named, *%s* if it lies below, *%s* otherwise, and *%s* with fewer than %d seeds or %s images. What is counted is named: %s; or, where a run has "+
		"not kept what it predicts after each epoch and where networks vote, %s. The %s is shown beside it and gives no verdict. A claim has the verdict of its first comparison; of "+
		"the others, about one in 20 differs by chance.", Confirmed, Contradicted, NoDifference, NotTested, leastSeeds, text.Thousands(leastImages), CrossedHalves, OnTest, LastEpoch)
}

// Judgement is a claim with what the runs say.
type Judgement struct {
	Claim     Claim
	Profile   study.Profile
	Findings  []Finding       // of each comparison; the first gives the claim's verdict
	Trainings int             // that the claim needs
	Missing   []study.Variant // of them
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
}

// Verdict is what the first result says.
func (f Finding) Verdict() Verdict {
	if f.Lacks() != "" {
		return NotTested
	}
	switch effect := f.Results[0].Effect; {
	case effect.Low > f.Above:
		return Confirmed
	case effect.High < f.Above:
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
	j.Missing = once(j.Missing)
	j.Trainings = len(j.Missing)
	j.Missing = slices.DeleteFunc(j.Missing, func(v study.Variant) bool { return e.open(v) != nil })
	for _, comparison := range c.Comparisons(p) {
		f, err := e.compare(comparison, Seeds(p))
		if err != nil {
			return j, fmt.Errorf("%s: %w", comparison.Name(), err)
		}
		j.Findings = append(j.Findings, f)
	}
	return j, nil
}

// evidence is the runs, read once.
type evidence struct {
	stores  []run.Store
	runs    map[string]*run.Run // by name; nil is missing
	answers map[string]answers  // of one network, by run and measure
}

// answers tells which images are classified correctly; of no image if it is not known.
type answers struct {
	indices []int32
	correct []bool
}

// open is a variant's run, nil if it is missing.
func (e evidence) open(v study.Variant) *run.Run {
	if r, known := e.runs[v.Run]; known {
		return r
	}
	e.runs[v.Run] = nil
	for _, s := range e.stores {
		if r, err := s.Open(v.Run); err == nil && r.Finished() && r.Recipe == v.Recipe {
			e.runs[v.Run] = r
			break
		}
	}
	return e.runs[v.Run]
}

// compare compares two sides by each measure.
func (e evidence) compare(c Comparison, seeds int) (Finding, error) {
	f := Finding{Comparison: c, VariantCost: e.cost(c.Variant, seeds), Cost: e.cost(c.Baseline, seeds)}
	for seed := range seeds {
		for _, v := range c.trainings(uint64(seed + 1)) {
			if r := e.open(v); r != nil && !slices.Contains(f.Runs, Found{v.Run, r}) {
				f.Runs = append(f.Runs, Found{v.Run, r})
			}
		}
	}
	for _, m := range measures {
		if r, err := e.measure(c, m, seeds); err != nil {
			return f, err
		} else if r.Seeds > 0 {
			f.Results = append(f.Results, r)
		}
	}
	// Which measure gives the verdict depends on what the runs have kept, not on what it says.
	if r := f.Results; len(r) > 1 && r[1].Measure == OnTest && r[1].Seeds > r[0].Seeds {
		r[0], r[1] = r[1], r[0]
	}
	return f, nil
}

// measure compares two sides by one measure, with the seeds with which both are there and answer the same images.
func (e evidence) measure(c Comparison, m Measure, seeds int) (Result, error) {
	r := Result{Measure: m}
	var differences [][]float64
	var first []int32
	for seed := range uint64(seeds) {
		a, b := e.of(c.Variant, m, seed+1), e.of(c.Baseline, m, seed+1)
		if len(a.indices) == 0 || !slices.Equal(a.indices, b.indices) || first != nil && !slices.Equal(a.indices, first) {
			continue
		}
		first = a.indices
		row := make([]float64, len(first))
		for i := range row {
			x, y := one(a.correct[i]), one(b.correct[i])
			row[i] = x - y
			r.Variant, r.Baseline = r.Variant+x, r.Baseline+y
		}
		differences = append(differences, row)
	}
	r.Seeds, r.Images = len(differences), len(first)
	if r.Seeds == 0 {
		return r, nil
	}
	n := float64(r.Seeds * r.Images)
	r.Variant, r.Baseline = r.Variant/n, r.Baseline/n
	if r.Seeds == 1 || r.Images == 1 {
		r.Effect = metrics.Effect{Interval: metrics.Interval{Value: r.Variant - r.Baseline, Low: math.NaN(), High: math.NaN()}, Detectable: math.NaN()}
		return r, nil
	}
	var err error
	r.Effect, err = metrics.SeedsAndImages(differences)
	return r, err
}

func one(correct bool) float64 {
	if correct {
		return 1
	}
	return 0
}

// of is what a side answers.
func (e evidence) of(s Side, m Measure, seed uint64) (a answers) {
	members := s.Members(seed)
	if s.Weights == nil {
		v := members[0]
		key := v.Run + "\n" + string(m)
		a, known := e.answers[key]
		if !known {
			if r := e.open(v); r != nil {
				a = answersOf(r, m)
			}
			e.answers[key] = a
		}
		return a
	}
	if m != OnTest { // of each epoch there are classes, which cannot vote softly
		return a
	}
	var predicted []run.Predictions
	for _, v := range members {
		r := e.open(v)
		if r == nil {
			return a
		}
		p, err := r.Predictions(run.Test)
		if err != nil {
			return a
		}
		predicted = append(predicted, p)
	}
	vote, err := ensemble.SoftVote(s.Weights, predicted...)
	if err != nil {
		return a
	}
	return correct(vote)
}

// answersOf is what a run answers by a measure; nothing if it does not tell.
func answersOf(r *run.Run, m Measure) (a answers) {
	if m == OnTest {
		if p, err := r.Predictions(run.Test); err == nil {
			return correct(p)
		}
		return a
	}
	p, err := r.EpochPredictions()
	switch {
	case err == nil && m == LastEpoch:
		return right(p, p.Classes[len(p.Classes)-1])
	case err == nil:
		return crossed(p)
	case m == LastEpoch && r.Record.BestEpoch == len(r.History):
		if p, err := r.Predictions(run.Validation); err == nil {
			return correct(p)
		}
	}
	return a
}

// correct tells which images are classified correctly.
func correct(p run.Predictions) answers {
	a := answers{p.Indices, make([]bool, len(p.Labels))}
	for i, label := range p.Labels {
		a.correct[i] = p.Predicted(i) == label
	}
	return a
}

func right(p run.EpochPredictions, classes []fashion.Label) answers {
	a := answers{p.Indices, make([]bool, len(p.Labels))}
	for i, label := range p.Labels {
		a.correct[i] = classes[i] == label
	}
	return a
}

// halvesSeed is the seed by which the validation images are divided.
const halvesSeed = 1

// crossed judges each half of the images by the epoch that is the most accurate on the other half, the first of equals. The halves are stratified. Images that cannot be divided give no answers.
func crossed(p run.EpochPredictions) (a answers) {
	first, second, err := fashion.Split(p.Labels, 0.5, 0, halvesSeed)
	if err != nil || len(p.Classes) == 0 {
		return a
	}
	a = answers{p.Indices, make([]bool, len(p.Labels))}
	for _, h := range []struct{ chooses, judged []int }{{first, second}, {second, first}} {
		best, most := 0, -1
		for epoch, classes := range p.Classes {
			hits := 0
			for _, i := range h.chooses {
				if classes[i] == p.Labels[i] {
					hits++
				}
			}
			if hits > most {
				best, most = epoch, hits
			}
		}
		for _, i := range h.judged {
			a.correct[i] = p.Classes[best][i] == p.Labels[i]
		}
	}
	return a
}

// cost is the mean cost of a side over the seeds with which all of it is there.
func (e evidence) cost(s Side, seeds int) (c Cost) {
	var parameters, minutes []float64
	for seed := range uint64(seeds) {
		sum, complete := Cost{}, true
		for _, v := range s.Members(seed + 1) {
			r := e.open(v)
			if r == nil {
				complete = false
				break
			}
			sum.Parameters += float64(r.Record.Parameters)
			sum.Minutes += r.Record.Seconds / 60
		}
		if complete {
			parameters, minutes = append(parameters, sum.Parameters), append(minutes, sum.Minutes)
		}
	}
	if len(parameters) == 0 {
		return c
	}
	return Cost{metrics.Mean(parameters).Value, metrics.Mean(minutes).Value}
}
