package score_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
)

func TestVoteIsTheOneOfScikitLearn(t *testing.T) {
	r, all := voters(t)
	for _, want := range r.Voters.Ensembles {
		members := all[:len(want.Weights)]
		vote, err := score.Vote(want.Weights, members...)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range vote.Probabilities {
			for k, v := range row {
				near(t, "probability", float64(v), want.Vote[i][k], 1e-6)
			}
		}
		near(t, "accuracy of the vote", score.Accuracy(vote).Value, want.Accuracy, 1e-12)
		near(t, "log loss of the vote", score.LogLoss(vote), want.LogLoss, 1e-6)
	}
}

func TestVoteOfOneMemberIsItself(t *testing.T) {
	_, p := load(t)
	vote, err := score.Vote([]float64{0.3}, p)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(vote.Probabilities, p.Probabilities) || !slices.Equal(vote.Labels, p.Labels) || !slices.Equal(vote.Indices, p.Indices) {
		t.Error("the vote differs from its only member")
	}
}

func TestWeightsThatCannotBeSharesAreRefused(t *testing.T) {
	_, p := load(t)
	for _, weights := range [][]float64{{0, 0}, {-1, 2}, {math.NaN(), 1}, {math.Inf(1), 1}, {math.MaxFloat64, math.MaxFloat64}} {
		if _, err := score.Vote(weights, p, p); err == nil {
			t.Errorf("weights %v pass", weights)
		}
	}
	if _, err := score.Vote(nil); err == nil {
		t.Error("a vote without members passes")
	}
	if _, err := score.GridWeights(0, p); err == nil {
		t.Error("a grid without divisions passes")
	}
	for name, members := range map[string][]run.Predictions{"no members": nil, "no images": {{}, {}}} {
		if _, err := score.GridWeights(20, members...); err == nil {
			t.Errorf("grid weights of %s pass", name)
		}
		if _, err := score.FitWeights(members...); err == nil {
			t.Errorf("fitted weights of %s pass", name)
		}
	}
}

func TestMembersOfOtherImagesAreRefusedByNumber(t *testing.T) {
	_, p := load(t)
	index, label, rows := p, p, p
	index.Indices, label.Labels, rows.Probabilities = slices.Clone(p.Indices), slices.Clone(p.Labels), p.Probabilities[1:]
	index.Indices[7], label.Labels[8] = 999, (p.Labels[8]+1)%fashion.NumClasses
	for name, c := range map[string]struct {
		other run.Predictions
		got   string
	}{
		"fewer images":  {score.Without(p, []int32{5}), "299 labels"},
		"another index": {index, "index 999 in row 7"},
		"another label": {label, "in row 8"},
		"fewer rows":    {rows, "299 rows"},
	} {
		_, vote := score.Vote([]float64{1, 1, 1}, p, p, c.other)
		_, grid := score.GridWeights(4, p, p, c.other)
		_, fit := score.FitWeights(p, p, c.other)
		_, test := score.McNemar(p, c.other)
		_, gain := score.Gain(p, c.other, 10, 1)
		for i, err := range []error{vote, grid, fit, test, gain} {
			member := 2
			if i >= 3 {
				member = 1
			}
			var e *score.MemberError
			if !errors.As(err, &e) || e.Member != member || !strings.Contains(e.Got, c.got) || e.Want == "" {
				t.Errorf("%s, function %d: error is %v, want member %d with %q", name, i, err, member, c.got)
			}
		}
	}
	_, err := score.McNemar(p, index)
	if want := "member 1, counted from 0: got index 999 in row 7, want index 7; "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %q, want %q and what to do", err, want)
	}
	for weights, member := range map[int]int{1: 1, 3: 2} {
		_, err := score.Vote(make([]float64, weights), p, p)
		if e := new(score.MemberError); !errors.As(err, &e) || e.Member != member {
			t.Errorf("error of %d weights for 2 members is %v, want one of member %d", weights, err, member)
		}
	}
}

func TestGridWeightsAreThoseOfAVotePerPoint(t *testing.T) {
	_, all := voters(t)
	all = append(all, all[0]) // a twin, for ties
	for n := 1; n <= len(all); n++ {
		members := all[:n]
		got, err := score.GridWeights(10, members...)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, w := range got {
			sum += w
		}
		near(t, "sum of the weights", sum, 1, 1e-12)
		vote := func(weights []float64) (accuracy, loss float64) {
			p, err := score.Vote(weights, members...)
			if err != nil {
				t.Fatal(err)
			}
			return score.Accuracy(p).Value, score.LogLoss(p)
		}
		accuracy, loss := vote(got)
		for m, p := range members {
			if one := score.Accuracy(p).Value; one > accuracy {
				t.Errorf("member %d is right in %v, the ensemble in %v", m, one, accuracy)
			}
		}
		for code := range 11 * 11 * 11 * 11 {
			weights, left := make([]float64, n), 10
			for m := range n {
				weights[m] = float64(code % 11)
				code, left = code/11, left-code%11
			}
			if left != 0 || code != 0 {
				continue
			}
			if a, l := vote(weights); a > accuracy || a == accuracy && l < loss-1e-7 {
				t.Errorf("%v tenths are right in %v with log loss %v, the grid's %v in %v with %v", weights, a, l, got, accuracy, loss)
			}
		}
	}
}

func TestOfEqualGridWeightsTheFirstIsTaken(t *testing.T) {
	sure := predictions([]int{0}, [][fashion.NumClasses]float32{{0.5, 0.5}})
	got, err := score.GridWeights(4, sure, sure)
	if err != nil || !slices.Equal(got, []float64{0, 1}) {
		t.Errorf("weights of twins are %v (%v), want 0 and 1", got, err)
	}
}

func TestFittedWeightsHaveTheLeastLogLoss(t *testing.T) {
	r, all := voters(t)
	for _, want := range r.Voters.Ensembles {
		members := all[:len(want.Weights)]
		got, err := score.FitWeights(members...)
		if err != nil {
			t.Fatal(err)
		}
		for m := range got {
			near(t, "fitted weight", got[m], want.Fitted[m], 1e-3)
		}
		loss := 0.0
		for i, label := range r.Voters.Labels {
			mixed := 0.0
			for m, w := range got {
				mixed += w * max(1e-15, float64(members[m].Probabilities[i][label]))
			}
			loss -= math.Log(mixed) / float64(len(r.Voters.Labels))
		}
		near(t, "loss of the fitted weights", loss, want.FittedLoss, 1e-9*want.FittedLoss)
	}
}

func TestAUselessMemberGetsNoWeight(t *testing.T) {
	good := drawn(500, 4, 1)
	useless := predictions(make([]int, 500), make([][fashion.NumClasses]float32, 500))
	useless.Labels = good.Labels
	for i, label := range good.Labels {
		useless.Probabilities[i][(label+1)%fashion.NumClasses] = 1
	}
	got, err := score.FitWeights(useless, good)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "weight of the useless member", got[0], 0, 1e-6)
	near(t, "weight of the good member", got[1], 1, 1e-6)
}

func BenchmarkGridWeightsOfFourMembers(b *testing.B) {
	members := []run.Predictions{drawn(12000, 3, 1), drawn(12000, 3, 2), drawn(12000, 3, 3), drawn(12000, 1, 4)}
	for b.Loop() {
		if _, err := score.GridWeights(20, members...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFitWeightsOfFourMembers(b *testing.B) {
	members := []run.Predictions{drawn(12000, 3, 1), drawn(12000, 3, 2), drawn(12000, 3, 3), drawn(12000, 1, 4)}
	for b.Loop() {
		if _, err := score.FitWeights(members...); err != nil {
			b.Fatal(err)
		}
	}
}
