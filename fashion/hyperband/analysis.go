package hyperband

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// RankCorrelation returns Spearman's rank correlation of two lists of the same length, from -1 to 1. Equal values share the mean of their
// ranks. It is NaN for fewer than two values, or where all values of a list are equal.
func RankCorrelation(a, b []float64) float64 { return correlation(ranks(a), ranks(b)) }

// ranks returns the rank of each value, 1 for the smallest.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	list := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1 // NaN does not equal itself
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

// Importance is the fraction of the scores' variance that a parameter explains alone.
type Importance struct {
	Name      string
	Explained float64 // correlation ratio, 0 to 1, between the parameter's groups: its choices, or the thirds of its trials by value
	Critical  float64 // critical value at the 5% level, from a permutation test with 1,000 shuffles: an irrelevant parameter stays below it in 95 of 100 cases
}

// Importances measures each parameter of the space over all trials whose configuration was drawn, by their best score up to an epoch (1 for
// the first). The epochs of the first rung of the most aggressive bracket include the most trials. Interactions of parameters are not measured.
func (s State[C]) Importances(epochs int) []Importance {
	var trials []Trial[C]
	var scores []float64
	for _, t := range s.Trials {
		if t.Same == 0 && len(t.Scores) >= epochs && len(t.Values) == len(s.Space) {
			trials, scores = append(trials, t), append(scores, t.Score(epochs))
		}
	}
	var list []Importance
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
		shuffled, permuted := slices.Clone(scores), make([]float64, 1000)
		for k := range permuted {
			r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
			permuted[k] = explained(groups, shuffled)
		}
		slices.Sort(permuted)
		list = append(list, Importance{p.Name, explained(groups, scores), permuted[950]})
	}
	return list
}

// thirds returns the group of each value: 0 for the lowest third, 2 for the highest.
func thirds(values []float64) []float64 {
	groups := make([]float64, len(values))
	for i, rank := range ranks(values) {
		groups[i] = math.Floor((rank - 0.5) / float64(len(values)) * 3)
	}
	return groups
}

// explained returns the variance between groups as a fraction of the total variance.
func explained(groups, scores []float64) float64 {
	sum, count := map[float64]float64{}, map[float64]float64{}
	for i, g := range groups {
		sum[g] += scores[i]
		count[g]++
	}
	overall, between, total := mean(scores), 0.0, 0.0
	for i, g := range groups {
		d, e := sum[g]/count[g]-overall, scores[i]-overall
		between, total = between+d*d, total+e*e
	}
	if total == 0 {
		return 0
	}
	return between / total
}

// Dropped lists the configurations that were dropped and finished in no bracket, in the order of their IDs.
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

// Sample returns a search that trains n of the configurations that were dropped in found, up to the epochs of the last rung: would they have won? The seed of s
// draws them; if fewer were dropped, it takes all. The journal is the new search's file.
func (s Search[C]) Sample(found State[C], n int, journal string) Search[C] {
	list := found.Dropped()
	r := rand.New(rand.NewPCG(s.Seed, 0))
	r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	list = list[:min(n, len(list))]
	_, last := found.FirstAndLastEpochs()
	sample := s
	sample.Brackets, sample.Configurations, sample.Journal = RandomSearch(len(list), last), list, journal
	return sample
}

// FirstAndLastEpochs returns the epochs of the first rung and of the last rung of the first bracket.
func (s State[C]) FirstAndLastEpochs() (first, last int) {
	rungs := s.Brackets[0].Rungs
	return rungs[0].Epochs, rungs[len(rungs)-1].Epochs
}

// CountBetter counts the configurations whose score is above the best of another search.
func (s State[C]) CountBetter(than State[C]) int {
	n := 0
	for _, t := range s.Ranking() {
		if t.Score(0) > than.Ranking()[0].Score(0) {
			n++
		}
	}
	return n
}
