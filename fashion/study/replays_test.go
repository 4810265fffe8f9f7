package study_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/study"
)

// simulated are learning curves of a simulated problem.
func simulated(t testing.TB, p hyperband.Synthetic, n int) (r hyperband.Recorded) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 3))
	for range n {
		var config hyperband.Point
		for i := range config {
			config[i] = random.Float64()
		}
		curve, err := p.Train(config, 27)
		if err != nil {
			t.Fatal(err)
		}
		r.Curves, r.Final = append(r.Curves, curve), append(r.Final, curve[26])
	}
	return r
}

func TestReplaysNameTheEpochsThatEachStrategyTook(t *testing.T) {
	few := simulated(t, hyperband.Synthetic{Noise: 0.001}, 27) // so few that searches draw configurations again
	replays, err := study.Replay(few, 27, 3)
	if err != nil {
		t.Fatal(err)
	}
	strategies, err := few.Strategies(27, 3, replays.Searches)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range strategies {
		want := fmt.Sprintf("%s with %.0f epochs", s.Name, s.Epochs)
		if got := replays.Strategies[i].Name; got != want {
			t.Errorf("strategy %d is named %q, want %q", i, got, want)
		}
		if i > 0 && replays.Saved[i-1].Name != want {
			t.Errorf("what strategy %d saves is named %q, want %q", i, replays.Saved[i-1].Name, want)
		}
	}
}

func TestReplaysTellProblemsWithAndWithoutSlowStartersApart(t *testing.T) {
	fast, err := study.Replay(simulated(t, hyperband.Synthetic{Noise: 0.001}, 64), 27, 3)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := study.Replay(simulated(t, hyperband.Synthetic{Noise: 0.001, SlowStarters: true}, 64), 27, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(fast.Strategies) != 3 || len(fast.Saved) != 2 || len(fast.Correlations) != 3 || len(fast.TooEarly) != 4 {
		t.Fatalf("found %+v, want three strategies, two differences, three correlations and four brackets", fast)
	}
	if first := fast.Correlations[0]; first.Low < 0.9 {
		t.Errorf("where all learn equally fast, the first epoch's rank correlation is %v, want close to 1", first)
	}
	if f, s := fast.Correlations[0], slow.Correlations[0]; s.Value >= f.Low {
		t.Errorf("the first epoch's rank correlation is %v where all learn equally fast, and %v with slow starters, want a lower one", f, s)
	}
	if f, s := fast.TooEarly[0], slow.TooEarly[0]; f.High >= s.Low {
		t.Errorf("early choices lose %v where all learn equally fast, and %v with slow starters, want far less", f, s)
	}
	for _, list := range [][]study.Named{fast.Strategies, fast.Saved, slow.Strategies, slow.TooEarly} {
		for _, v := range list {
			if v.Low > v.High {
				t.Errorf("%s has the interval %v", v.Name, v.Interval)
			}
		}
	}
}
