// Package hyperband implements Hyperband (L. Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", Journal of
// Machine Learning Research 18, 2018): brackets of successive halving, from the most aggressive, which starts with many configurations that are
// trained briefly, to plain random search, which trains few configurations to the end.
//
// A bracket is a list of rungs. In each rung all remaining configurations are trained up to the rung's epochs; the best are promoted to the next
// rung, where their training resumes. The caller decides what is trained and how: see Worker.
package hyperband

import (
	"fmt"
	"slices"
	"strings"
)

// Rung is a number of trials, and the number of epochs, counted from the start of a training, up to which each is trained.
type Rung struct {
	Trials int `json:"trials"`
	Epochs int `json:"epochs"`
}

// Bracket is one run of successive halving. Its last rung trains to R epochs.
type Bracket struct {
	S     int    `json:"s"` // the number of halvings, each of which keeps one of eta trials
	Rungs []Rung `json:"rungs"`
}

// Rounding is a rule that rounds the numbers of trials and epochs, which are seldom integers.
type Rounding string

const (
	// Algorithm1 is the paper's algorithm 1: n = ceil((s_max+1) eta^s / (s+1)) trials at first, of which floor(n / eta^i)
	// reach rung i. The paper leaves the epochs R eta^(i-s) as they are; they are rounded down here.
	Algorithm1 Rounding = "algorithm1"
	// Table1 is the paper's table 1: n = floor((s_max+1) / (s+1)) eta^s trials at first.
	Table1 Rounding = "table1"
	// KerasTuner is what KerasTuner 1.4.8 does: ceil(1 + log_eta R) eta^(s-i) / (s+1) trials in rung i, all numbers rounded up.
	KerasTuner Rounding = "kerastuner"
)

// roundings lists the rules that Brackets knows.
func roundings() []Rounding { return []Rounding{Algorithm1, Table1, KerasTuner} }

// maxEpochs bounds R, so that no number of the table overflows.
const maxEpochs = 1 << 20

// Brackets returns the brackets of a search that trains no configuration longer than R epochs and keeps one of eta trials in each rung. The most
// aggressive bracket, which has the most trials, comes first.
func Brackets(R, eta int, rounding Rounding) ([]Bracket, error) {
	switch {
	case R < 1 || R > maxEpochs:
		return nil, fmt.Errorf("the longest training R is %d, want a number of epochs from 1 to %d", R, maxEpochs)
	case eta < 2:
		return nil, fmt.Errorf("eta is %d, want 2 or more: each rung keeps one of eta trials", eta)
	case !slices.Contains(roundings(), rounding):
		return nil, fmt.Errorf("rounding is %q, want one of %s", rounding, strings.Join(names(roundings()), ", "))
	}
	most := 0 // s_max, the largest s with eta^s <= R
	for power(eta, most+1) <= R {
		most++
	}
	last := 1 + most // KerasTuner's 1 + log_eta R, rounded up
	if power(eta, most) < R {
		last++
	}
	var brackets []Bracket
	for s := most; s >= 0; s-- {
		b := Bracket{S: s}
		for i := range s + 1 {
			var r Rung
			switch rounding {
			case Algorithm1:
				first := ceilDiv((most+1)*power(eta, s), s+1)
				r = Rung{first / power(eta, i), R / power(eta, s-i)}
			case Table1:
				r = Rung{(most + 1) / (s + 1) * power(eta, s-i), R / power(eta, s-i)}
			case KerasTuner:
				r = Rung{ceilDiv(last*power(eta, s-i), s+1), ceilDiv(R, power(eta, s-i))}
			}
			b.Rungs = append(b.Rungs, r)
		}
		brackets = append(brackets, b)
	}
	return brackets, nil
}

// RandomSearch returns one bracket of one rung: n configurations that are all trained to R epochs.
func RandomSearch(n, R int) []Bracket { return []Bracket{{Rungs: []Rung{{n, R}}}} }

func power(base, exponent int) int {
	p := 1
	for range exponent {
		p *= base
	}
	return p
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func names[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// Plan is the cost of a list of brackets.
type Plan struct {
	Trials    int `json:"trials"`    // configurations
	Trainings int `json:"trainings"` // of a trial to a rung's epochs
	Epochs    int `json:"epochs"`    // in total, where a promoted trial resumes
	Restarted int `json:"restarted"` // epochs in total, if a promoted trial restarted from scratch
}

// Cost adds up the cost of brackets.
func Cost(brackets []Bracket) Plan {
	var p Plan
	for _, b := range brackets {
		for i, r := range b.Rungs {
			before := 0
			if i == 0 {
				p.Trials += r.Trials
			} else {
				before = b.Rungs[i-1].Epochs
			}
			p.Trainings += r.Trials
			p.Epochs += r.Trials * (r.Epochs - before)
			p.Restarted += r.Trials * r.Epochs
		}
	}
	return p
}

// MaxTrials returns the largest number of trials that are alive at once if the brackets run one after the other.
func MaxTrials(brackets []Bracket) int {
	n := 0
	for _, b := range brackets {
		n = max(n, b.Rungs[0].Trials)
	}
	return n
}
