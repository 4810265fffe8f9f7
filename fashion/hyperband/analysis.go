package hyperband

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// RankCorrelation is Spearman's: the correlation of the ranks of two lists of as many values, from -1 to 1. Equal values share the
// mean of their ranks. It is NaN for fewer than two values, or where all of a list are equal.
func RankCorrelation(a, b []float64) float64 { return correlation(ranks(a), ranks(b)) }

// ranks are the places of values in their order, 1 for the least.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	list := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			list[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return list
}

func correlation(a, b []float64) float64 {
	meanA, meanB := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		da, db := a[i]-meanA, b[i]-meanB
		ab, aa, bb = ab+da*db, aa+da*da, bb+db*db
	}
	return ab / math.Sqrt(aa*bb)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// Influence is how much of the scores' variance a parameter explains alone.
type Influence struct {
	Name   string
	Share  float64 // correlation ratio, 0 to 1, between the parameter's groups: its choices, or the thirds of its trials by value
	Chance float64 // what a parameter without any influence stays below in 95 of 100 cases: the scores were shuffled 1,000 times
}

// Influences measures each parameter over all trials that drew their values, by the best score of the first so many epochs; the epochs of the
// first rung of the most eager bracket take the most trials in. It says nothing of how parameters act together.
func (s State[C]) Influences(epochs int) []Influence {
	var trials []Trial[C]
	var scores []float64
	for _, t := range s.Trials {
		if t.Same == 0 && len(t.Scores) >= epochs && len(t.Values) == len(s.Space) {
			trials, scores = append(trials, t), append(scores, t.Score(epochs))
		}
	}
	var list []Influence
	for i, p := range s.Space {
		values := make([]float64, len(trials))
		for k, t := range trials {
			values[k] = t.Values[i]
		}
		groups := values
		if len(p.Choices) == 0 {
			groups = thirds(values)
		}
		r := rand.New(rand.NewPCG(1, uint64(i)))
		shuffled, shares := slices.Clone(scores), make([]float64, 1000)
		for k := range shares {
			r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
			shares[k] = explained(groups, shuffled)
		}
		slices.Sort(shares)
		list = append(list, Influence{p.Name, explained(groups, scores), shares[950]})
	}
	return list
}

// thirds puts the lowest third of values into group 0, the highest into group 2.
func thirds(values []float64) []float64 {
	groups := make([]float64, len(values))
	for i, rank := range ranks(values) {
		groups[i] = math.Floor((rank - 0.5) / float64(len(values)) * 3)
	}
	return groups
}

// explained is the variance between groups as share of all variance.
func explained(groups, scores []float64) float64 {
	sum, count := map[float64]float64{}, map[float64]float64{}
	for i, g := range groups {
		sum[g] += scores[i]
		count[g]++
	}
	middle, between, all := mean(scores), 0.0, 0.0
	for i, g := range groups {
		d, e := sum[g]/count[g]-middle, scores[i]-middle
		between, all = between+d*d, all+e*e
	}
	if all == 0 {
		return 0
	}
	return between / all
}

// Dropped lists the configurations that never reached the last rung of a bracket, in the order of their IDs.
func (s State[C]) Dropped() []C {
	finished := map[C]bool{}
	for _, t := range s.Trials {
		if t.Status == Finished {
			finished[t.Config] = true
		}
	}
	var list []C
	for _, t := range s.Trials {
		if t.Status == Dropped && t.Same == 0 && !finished[t.Config] {
			list = append(list, t.Config)
		}
	}
	return list
}

// Sample is a search that trains n of a search's dropped configurations, drawn by its seed, to the last rung's epochs: would they
// have won? It has fewer if fewer were dropped.
func (s Search[C]) Sample(found State[C], n int, journal string) Search[C] {
	list := found.Dropped()
	r := rand.New(rand.NewPCG(s.Seed, 0))
	r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	list = list[:min(n, len(list))]
	_, last := found.Ends()
	sample := s
	sample.Brackets, sample.Given, sample.Journal = RandomSearch(len(list), last), list, journal
	return sample
}

// Ends are the epochs of the first rung of a search's first bracket, and of its last.
func (s State[C]) Ends() (first, last int) {
	rungs := s.Brackets[0].Rungs
	return rungs[0].Epochs, rungs[len(rungs)-1].Epochs
}

// Better counts the configurations that scored more than the best of another search.
func (s State[C]) Better(than State[C]) int {
	n := 0
	for _, t := range s.Ranking() {
		if t.Score(0) > than.Ranking()[0].Score(0) {
			n++
		}
	}
	return n
}
