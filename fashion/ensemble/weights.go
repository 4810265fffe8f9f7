package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// SoftVote is weighted soft voting: the weighted mean of the members' probabilities, with the first's indices and labels.
// Weights are finite, at least 0 and not all 0; they are divided by their sum. Predictions for different images are a *metrics.ImagesError.
func SoftVote(weights []float64, members ...run.Predictions) (run.Predictions, error) {
	if len(weights) != len(members) {
		return run.Predictions{}, fmt.Errorf("%d weights for %d members, want one for each", len(weights), len(members))
	}
	sum := 0.0
	for i, w := range weights {
		if !(w >= 0) {
			return run.Predictions{}, fmt.Errorf("weight %d, counted from 0, is %v, want 0 or more", i, w)
		}
		sum += w
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return run.Predictions{}, fmt.Errorf("weights sum to %v, want a finite sum above 0", sum)
	}
	if err := metrics.SameImages(members...); err != nil {
		return run.Predictions{}, err
	}
	vote := run.Predictions{Indices: members[0].Indices, Labels: members[0].Labels, Classes: members[0].Classes}
	vote.Probabilities = run.NewRows(len(vote.Labels), members[0].NumClasses())
	mix(vote.Probabilities, normalized(weights), members)
	return vote, nil
}

// normalized divides weights by their sum.
func normalized(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	fractions := make([]float64, len(weights))
	for i, w := range weights {
		fractions[i] = w / sum
	}
	return fractions
}

// mix sets each row to the weighted sum of the members' rows.
func mix(rows [][]float32, weights []float64, members []run.Predictions) {
	sum := make([]float64, members[0].NumClasses())
	for i := range rows {
		clear(sum)
		for m, w := range weights {
			for class, v := range members[m].Probabilities[i] {
				sum[class] += w * float64(v)
			}
		}
		for class, v := range sum {
			rows[i][class] = float32(v)
		}
	}
}

// GridPoint is the score of an ensemble with some weights.
type GridPoint struct {
	Weights  []float64 // of the members, which sum to 1
	Accuracy float64   // fraction in [0, 1]
	LogLoss  float64   // nats
}

// Grid tries all weights that are multiples of 1/divisions and sum to 1, in lexicographic order. Predictions for different images
// are a *metrics.ImagesError.
func Grid(divisions int, members ...run.Predictions) ([]GridPoint, error) {
	if divisions < 1 {
		return nil, fmt.Errorf("a grid of %d divisions, want 1 or more", divisions)
	}
	if err := fittable(members); err != nil {
		return nil, err
	}
	// Where all members predict the same class, so does every mixture: weights matter for the other images only.
	rows := disputed(members)
	parts := make([]run.Predictions, len(members))
	for m, p := range members {
		parts[m] = p.Pick(rows)
	}
	vote, truth := members[0].Pick(rows), likelihoods(members)
	agreed, images := members[0].Correct()-vote.Correct(), float64(len(members[0].Labels))
	var list []GridPoint
	simplex(divisions, make([]int, len(members)), func(counts []int) {
		weights := make([]float64, len(members))
		for m, k := range counts {
			weights[m] = float64(k) / float64(divisions)
		}
		mix(vote.Probabilities, weights, parts)
		list = append(list, GridPoint{weights, float64(agreed+vote.Correct()) / images, mixtureLoss(weights, truth)})
	})
	return list, nil
}

// GridWeights are the weights of the point of Grid with the highest accuracy; among equal ones that with the lowest log loss, and then the first.
func GridWeights(divisions int, members ...run.Predictions) ([]float64, error) {
	list, err := Grid(divisions, members...)
	if err != nil {
		return nil, err
	}
	best := list[0]
	for _, w := range list {
		if w.Accuracy > best.Accuracy || w.Accuracy == best.Accuracy && w.LogLoss < best.LogLoss {
			best = w
		}
	}
	return best.Weights, nil
}

// simplex tries every way to write n as the sum of as many counts, in lexicographic order.
func simplex(n int, counts []int, try func(counts []int)) {
	var fill func(position, left int)
	fill = func(position, left int) {
		if position == len(counts)-1 {
			counts[position] = left
			try(counts)
			return
		}
		for k := range left + 1 {
			counts[position] = k
			fill(position+1, left-k)
		}
	}
	fill(0, n)
}

// disputed lists the rows for which not all members predict the same class.
func disputed(members []run.Predictions) []int {
	var rows []int
	for i := range members[0].Labels {
		first := members[0].Predicted(i)
		if slices.ContainsFunc(members[1:], func(p run.Predictions) bool { return p.Predicted(i) != first }) {
			rows = append(rows, i)
		}
	}
	return rows
}

// LogLossWeights returns the weights with the lowest log loss. The loss is convex in them; they are found by expectation
// maximization, after Dempster, Laird and Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm" (1977):
// a member's weight becomes its mean responsibility, its fraction of the mixture's probability of the true class, from equal
// weights until no weight changes by 1e-9, or 10,000 times. No step raises the loss. Probabilities are clipped to
// metrics.Epsilon. Predictions for different images are a *metrics.ImagesError.
func LogLossWeights(members ...run.Predictions) ([]float64, error) {
	if err := fittable(members); err != nil {
		return nil, err
	}
	truth := likelihoods(members)
	weights, responsibility := make([]float64, len(members)), make([]float64, len(members))
	for m := range weights {
		weights[m] = 1 / float64(len(members))
	}
	for range 10000 {
		clear(responsibility)
		for i := range truth[0] {
			mixed := mixture(weights, truth, i)
			for m := range responsibility {
				responsibility[m] += truth[m][i] / mixed
			}
		}
		change := 0.0
		for m, w := range weights {
			weights[m] = w * responsibility[m] / float64(len(truth[0]))
			change = max(change, math.Abs(weights[m]-w))
		}
		if change < 1e-9 {
			break
		}
	}
	return weights, nil
}

// fittable returns an error unless there are members to weigh and images to weigh them by.
func fittable(members []run.Predictions) error {
	if len(members) == 0 || len(members[0].Labels) == 0 {
		return fmt.Errorf("no data to fit weights on: want a member or more, with an image or more")
	}
	return metrics.SameImages(members...)
}

// likelihoods are each member's probabilities of the true classes.
func likelihoods(members []run.Predictions) [][]float64 {
	truth := make([][]float64, len(members))
	for m, p := range members {
		truth[m] = make([]float64, len(p.Labels))
		for i, label := range p.Labels {
			truth[m][i] = max(metrics.Epsilon, float64(p.Probabilities[i][label]))
		}
	}
	return truth
}

// mixture is the weighted mean of the members' likelihoods of image i.
func mixture(weights []float64, truth [][]float64, i int) float64 {
	sum := 0.0
	for m, w := range weights {
		sum += w * truth[m][i]
	}
	return sum
}

// mixtureLoss is the log loss of a mixture, in nats.
func mixtureLoss(weights []float64, truth [][]float64) float64 {
	sum := 0.0
	for i := range truth[0] {
		sum -= math.Log(mixture(weights, truth, i))
	}
	return sum / float64(len(truth[0]))
}

// Weighting is a named choice of weights.
type Weighting struct {
	Name    string
	Weights []float64
}

// gridDivisions are those of the study's grid: steps of 0.05, of which the slide's weights are multiples.
const gridDivisions = 20

// Grid is Grid on the validation images, in steps of 0.05.
func (ms Members) Grid() ([]GridPoint, error) { return Grid(gridDivisions, ms.Validation()...) }

// GridWeights is GridWeights on the validation images, in steps of 0.05.
func (ms Members) GridWeights() ([]float64, error) {
	return GridWeights(gridDivisions, ms.Validation()...)
}

// Weightings are the weights that the study compares: those given, which are the slide's, if there are any, equal ones, and two that are found on the validation images.
func (ms Members) Weightings() ([]Weighting, error) {
	accurate, err := ms.GridWeights()
	if err != nil {
		return nil, err
	}
	likely, err := LogLossWeights(ms.Validation()...)
	if err != nil {
		return nil, err
	}
	equal := make([]float64, len(ms))
	for i := range equal {
		equal[i] = 1 / float64(len(ms))
	}
	list := []Weighting{{"equal", equal}, {"most accurate on a grid", accurate}, {"least log loss", likely}}
	if given := ms.Weights(); slices.Max(given) > 0 {
		list = append([]Weighting{{"the slide's", given}}, list...)
	}
	return list, nil
}

// AtLeast returns weights, which sum to 1, with a member's raised to least, a fraction, unless it has as much; the others keep their proportions.
func AtLeast(weights []float64, member int, least float64) []float64 {
	raised := slices.Clone(weights)
	if weights[member] >= least {
		return raised
	}
	for i := range raised {
		raised[i] *= (1 - least) / (1 - weights[member])
	}
	raised[member] = least
	return raised
}

// LargestFirst returns the members and their weights with the largest weight first.
func (ms Members) LargestFirst(weights []float64) (members Members, sorted []float64) {
	order := make([]int, len(ms))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	for _, i := range order {
		members, sorted = append(members, ms[i]), append(sorted, weights[i])
	}
	return members, sorted
}
