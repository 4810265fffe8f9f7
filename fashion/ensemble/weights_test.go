package ensemble_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

func TestVoteIsTheOneOfScikitLearn(t *testing.T) {
	r, all := recorded(t)
	for _, want := range r.Recorded.Ensembles {
		members := all[:len(want.Weights)]
		vote, err := ensemble.SoftVote(want.Weights, members...)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range vote.Probabilities {
			for k, v := range row {
				near(t, "probability", float64(v), want.Vote[i][k], 1e-6)
			}
		}
		near(t, "accuracy of the vote", metrics.Accuracy(vote).Value, want.Accuracy, 1e-12)
		near(t, "log loss of the vote", metrics.LogLoss(vote), want.LogLoss, 1e-6)
	}
}

func TestVoteOfOneMemberIsItself(t *testing.T) {
	_, all := recorded(t)
	p := all[0]
	vote, err := ensemble.SoftVote([]float64{0.3}, p)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(vote.Probabilities, p.Probabilities, slices.Equal) || !slices.Equal(vote.Labels, p.Labels) || !slices.Equal(vote.Indices, p.Indices) {
		t.Error("the vote differs from its only member")
	}
}

func TestWeightsThatCannotBeSharesAreRefused(t *testing.T) {
	_, all := recorded(t)
	p := all[0]
	for _, weights := range [][]float64{{0, 0}, {-1, 2}, {math.NaN(), 1}, {math.Inf(1), 1}, {math.MaxFloat64, math.MaxFloat64}} {
		if _, err := ensemble.SoftVote(weights, p, p); err == nil {
			t.Errorf("weights %v pass", weights)
		}
	}
	if _, err := ensemble.SoftVote(nil); err == nil {
		t.Error("a vote without members passes")
	}
	if _, err := ensemble.GridWeights(0, p); err == nil {
		t.Error("a grid without divisions passes")
	}
	for name, members := range map[string][]run.Predictions{"no members": nil, "no images": {{}, {}}} {
		if _, err := ensemble.GridWeights(20, members...); err == nil {
			t.Errorf("grid weights of %s pass", name)
		}
		if _, err := ensemble.LogLossWeights(members...); err == nil {
			t.Errorf("fitted weights of %s pass", name)
		}
	}
}

func TestMembersOfOtherImagesAreRefusedByNumber(t *testing.T) {
	_, all := recorded(t)
	p, other := all[0], all[0]
	other.Indices = slices.Clone(p.Indices)
	other.Indices[7] = 999
	_, vote := ensemble.SoftVote([]float64{1, 1, 1}, p, p, other)
	_, grid := ensemble.GridWeights(4, p, p, other)
	_, fit := ensemble.LogLossWeights(p, p, other)
	for name, err := range map[string]error{"vote": vote, "grid": grid, "fit": fit} {
		var e *metrics.ImagesError
		if !errors.As(err, &e) || e.Position != 2 || !strings.Contains(e.Got, "index 999 in row 7") {
			t.Errorf("%s: error is %v, want one of member 2", name, err)
		}
	}
	for weights, want := range map[int]string{1: "1 weights for 2 members", 3: "3 weights for 2 members"} {
		if _, err := ensemble.SoftVote(make([]float64, weights), p, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one that says %q", err, want)
		}
	}
}

func TestGridWeightsAreThoseOfAVotePerPoint(t *testing.T) {
	_, all := recorded(t)
	all = append(all, all[0]) // a twin, for ties
	for n := 1; n <= len(all); n++ {
		members := all[:n]
		got, err := ensemble.GridWeights(10, members...)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, w := range got {
			sum += w
		}
		near(t, "sum of the weights", sum, 1, 1e-12)
		vote := func(weights []float64) (accuracy, loss float64) {
			p, err := ensemble.SoftVote(weights, members...)
			if err != nil {
				t.Fatal(err)
			}
			return metrics.Accuracy(p).Value, metrics.LogLoss(p)
		}
		accuracy, loss := vote(got)
		for m, p := range members {
			if one := metrics.Accuracy(p).Value; one > accuracy {
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
	got, err := ensemble.GridWeights(4, sure, sure)
	if err != nil || !slices.Equal(got, []float64{0, 1}) {
		t.Errorf("weights of twins are %v (%v), want 0 and 1", got, err)
	}
}

func TestLogLossWeightsHaveTheLeastLogLoss(t *testing.T) {
	r, all := recorded(t)
	for _, want := range r.Recorded.Ensembles {
		members := all[:len(want.Weights)]
		got, err := ensemble.LogLossWeights(members...)
		if err != nil {
			t.Fatal(err)
		}
		for m := range got {
			near(t, "fitted weight", got[m], want.Fitted[m], 1e-3)
		}
		loss := 0.0
		for i, label := range r.Recorded.Labels {
			mixed := 0.0
			for m, w := range got {
				mixed += w * max(1e-15, float64(members[m].Probabilities[i][label]))
			}
			loss -= math.Log(mixed) / float64(len(r.Recorded.Labels))
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
	got, err := ensemble.LogLossWeights(useless, good)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "weight of the useless member", got[0], 0, 1e-6)
	near(t, "weight of the good member", got[1], 1, 1e-6)
}

func BenchmarkGridWeightsOfFourMembers(b *testing.B) {
	members := []run.Predictions{drawn(12000, 3, 1), drawn(12000, 3, 2), drawn(12000, 3, 3), drawn(12000, 1, 4)}
	for b.Loop() {
		if _, err := ensemble.GridWeights(20, members...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLogLossWeightsOfFourMembers(b *testing.B) {
	members := []run.Predictions{drawn(12000, 3, 1), drawn(12000, 3, 2), drawn(12000, 3, 3), drawn(12000, 1, 4)}
	for b.Loop() {
		if _, err := ensemble.LogLossWeights(members...); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAtLeastRaisesOneWeightAndKeepsTheProportionsOfTheOthers(t *testing.T) {
	for _, c := range []struct {
		member        int
		weights, want []float64
	}{
		{1, []float64{0.5, 0.25, 0.25}, []float64{1. / 3, 0.5, 1. / 6}},
		{0, []float64{0.7, 0.3}, []float64{0.7, 0.3}},
		{0, []float64{1}, []float64{1}},
		{1, []float64{1, 0}, []float64{0.5, 0.5}},
	} {
		got := ensemble.AtLeast(c.weights, c.member, 0.5)
		for i, w := range got {
			if math.Abs(w-c.want[i]) > 1e-12 {
				t.Errorf("member %d of %v gets %v, want %v", c.member, c.weights, got, c.want)
			}
		}
	}
}

func TestMembersAreSortedWithTheirWeights(t *testing.T) {
	ms := ensemble.Members{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	sorted, weights := ms.LargestFirst([]float64{0.2, 0.5, 0.3})
	if sorted[0].Name != "b" || sorted[1].Name != "c" || sorted[2].Name != "a" || !slices.Equal(weights, []float64{0.5, 0.3, 0.2}) {
		t.Errorf("the members are %v with the weights %v", sorted, weights)
	}
	if ms[0].Name != "a" {
		t.Error("the members themselves are in another order")
	}
}
