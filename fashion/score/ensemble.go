package score

import (
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// MemberError is a member of an ensemble or of a comparison that does not fit the first: it was split differently, or
// the weights are not as many as the members.
type MemberError struct {
	Member    int // 0-based, in the order given
	Got, Want string
}

func (e *MemberError) Error() string {
	return fmt.Sprintf("member %d, counted from 0: got %s, want %s; all need the same images in the same order, and a weight each", e.Member, e.Got, e.Want)
}

// sameImages returns a *MemberError unless all members have the images and the labels of the first, in its order.
func sameImages(members ...run.Predictions) error {
	for m, p := range members {
		first := members[0]
		n := len(first.Labels)
		if len(p.Labels) != n || len(p.Indices) != n || len(p.Probabilities) != n {
			got := fmt.Sprintf("%d labels, %d indices and %d rows", len(p.Labels), len(p.Indices), len(p.Probabilities))
			return &MemberError{m, got, fmt.Sprintf("%d of each", n)}
		}
		for i := range n {
			if got, want := p.Indices[i], first.Indices[i]; got != want {
				return &MemberError{m, fmt.Sprintf("index %d in row %d", got, i), fmt.Sprintf("index %d", want)}
			}
			if got, want := p.Labels[i], first.Labels[i]; got != want {
				return &MemberError{m, fmt.Sprintf("label %q in row %d", got, i), fmt.Sprintf("label %q", want)}
			}
		}
	}
	return nil
}

// Vote is weighted soft voting: the weighted mean of the members' probabilities, with the first's indices and labels.
// Weights are finite, at least 0 and not all 0; they are divided by their sum. Members that were split differently, or
// another number of weights than of members, are a *MemberError.
func Vote(weights []float64, members ...run.Predictions) (run.Predictions, error) {
	if len(weights) != len(members) {
		m := min(len(weights), len(members))
		return run.Predictions{}, &MemberError{m, fmt.Sprintf("%d weights", len(weights)), fmt.Sprintf("%d", len(members))}
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
	if err := sameImages(members...); err != nil {
		return run.Predictions{}, err
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		shares[i] = w / sum
	}
	vote := run.Predictions{Indices: members[0].Indices, Labels: members[0].Labels}
	vote.Probabilities = make([][fashion.NumClasses]float32, len(vote.Labels))
	mix(vote.Probabilities, shares, members)
	return vote, nil
}

// mix sets each row to the weighted sum of the members' rows.
func mix(rows [][fashion.NumClasses]float32, weights []float64, members []run.Predictions) {
	for i := range rows {
		var sum [fashion.NumClasses]float64
		for m, w := range weights {
			for class, v := range &members[m].Probabilities[i] {
				sum[class] += w * float64(v)
			}
		}
		for class, v := range sum {
			rows[i][class] = float32(v)
		}
	}
}

// Weighing is how a vote with some weights does.
type Weighing struct {
	Weights  []float64 // of sum 1
	Accuracy float64
	LogLoss  float64 // nats
}

// Grid tries all weights that are multiples of 1/divisions and sum to 1, in lexicographic order. Members that were split
// differently are a *MemberError.
func Grid(divisions int, members ...run.Predictions) ([]Weighing, error) {
	if divisions < 1 {
		return nil, fmt.Errorf("a grid of %d divisions, want 1 or more", divisions)
	}
	if err := fittable(members); err != nil {
		return nil, err
	}
	// Where all members predict the same class, so does every mixture: only the other images tell weights apart.
	rows := disputed(members)
	parts := make([]run.Predictions, len(members))
	for m, p := range members {
		parts[m] = pick(p, rows)
	}
	vote, truth := pick(members[0], rows), likelihoods(members)
	agreed, images := hits(members[0])-hits(vote), float64(len(members[0].Labels))
	var list []Weighing
	simplex(divisions, make([]int, len(members)), func(counts []int) {
		weights := make([]float64, len(members))
		for m, k := range counts {
			weights[m] = float64(k) / float64(divisions)
		}
		mix(vote.Probabilities, weights, parts)
		list = append(list, Weighing{weights, float64(agreed+hits(vote)) / images, mixtureLoss(weights, truth)})
	})
	return list, nil
}

// GridWeights are the weights of Grid with the highest accuracy; of equals those of the lowest log loss; of these the first.
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

// FitWeights returns the weights of the least log loss. The loss is convex in them; they are found by expectation
// maximization, after Dempster, Laird and Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm" (1977):
// a member's weight becomes its mean share in the mixture's probability of the true class, from equal weights until no
// weight changes by 1e-9, or 10,000 times. No step raises the loss. Probabilities below 1e-15 count as that. Members
// that were split differently are a *MemberError.
func FitWeights(members ...run.Predictions) ([]float64, error) {
	if err := fittable(members); err != nil {
		return nil, err
	}
	truth := likelihoods(members)
	weights, shares := make([]float64, len(members)), make([]float64, len(members))
	for m := range weights {
		weights[m] = 1 / float64(len(members))
	}
	for range 10000 {
		clear(shares)
		for i := range truth[0] {
			mixed := mixture(weights, truth, i)
			for m := range shares {
				shares[m] += truth[m][i] / mixed
			}
		}
		change := 0.0
		for m, w := range weights {
			weights[m] = w * shares[m] / float64(len(truth[0]))
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
		return fmt.Errorf("nothing to fit weights to: want a member or more, with an image or more")
	}
	return sameImages(members...)
}

// likelihoods are each member's probabilities of the true classes.
func likelihoods(members []run.Predictions) [][]float64 {
	truth := make([][]float64, len(members))
	for m, p := range members {
		truth[m] = make([]float64, len(p.Labels))
		for i, label := range p.Labels {
			truth[m][i] = max(least, float64(p.Probabilities[i][label]))
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
