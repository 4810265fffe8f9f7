package claims_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// record writes learning curves of a simulated problem into the local store.
func record(t *testing.T, problem hyperband.Synthetic, spread float64) {
	t.Helper()
	t.Setenv(run.RootVariable, t.TempDir())
	s, err := study.LearningCurves("cnn", study.Full)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	found, err := s.Run(nil, func(_ recipes.Recipe, epochs int) ([]float64, error) {
		var p hyperband.Point
		for i := range p {
			p[i] = 0.4 + spread*(random.Float64()-0.5)
		}
		return problem.Train(p, epochs)
	})
	if err != nil {
		t.Fatal(err)
	}
	finals := hyperband.Finals{Images: 9000, Correct: map[int]int{}}
	for _, trial := range found.Ranking() {
		finals.Correct[trial.ID] = int(9000 * trial.Scores[len(trial.Scores)-1])
	}
	if err := s.WriteFinals(finals); err != nil {
		t.Fatal(err)
	}
}

func TestHyperbandIsConfirmedWhereEarlyEpochsTellAndNotWhereConfigurationsDoNotDiffer(t *testing.T) {
	record(t, hyperband.Synthetic{Noise: 0.0001}, 1.6)
	if v, err := claims.Hyperband(run.Local()); err != nil || v.Verdict != claims.Confirmed || !strings.Contains(v.String(), "64 configurations") {
		t.Errorf("where all learn equally fast: %v (%v), want confirmed", v, err)
	}
	record(t, hyperband.Synthetic{Noise: 0.01}, 0)
	if v, err := claims.Hyperband(run.Local()); err != nil || v.Verdict != claims.NoDifference {
		t.Errorf("of equal configurations: %v (%v), want no difference", v, err)
	}
}

func TestHyperbandIsNotTestedWithoutAllLearningCurves(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	if v, err := claims.Hyperband(run.Local()); err != nil || v.Verdict != claims.NotTested || !strings.Contains(v.String(), "0 of 64") || !strings.Contains(v.String(), "search -curves") {
		t.Errorf("the verdict without curves is %v (%v)", v, err)
	}
}
