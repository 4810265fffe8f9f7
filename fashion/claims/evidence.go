package claims

import (
	"math"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

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

// counted says what is counted by a measure: on the test images the epoch that the recipes keep, where all keep the same.
func (c Comparison) counted(m Measure) string {
	if m != OnTest {
		return string(m)
	}
	trainings, last := c.trainings(1), 0
	for _, v := range trainings {
		if v.Recipe.Keep == recipes.LastEpoch {
			last++
		}
	}
	switch last {
	case 0:
		return "test images, best epoch on the validation images"
	case len(trainings):
		return "test images, last epoch"
	}
	return string(m)
}

// measure compares two sides by one measure, with the seeds with which both are there and answer the same images.
func (e evidence) measure(c Comparison, m Measure, seeds int) (Result, error) {
	r := Result{Measure: m, Counted: c.counted(m)}
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
	return Cost{metrics.Mean(parameters).Value, metrics.Mean(minutes).Value, len(minutes)}
}
