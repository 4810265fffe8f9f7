package ensemble_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// reference is what scikit-learn and SciPy say about recorded predictions (testdata/score.py).
type reference struct {
	Recorded struct {
		Labels    []int
		Members   [][][fashion.NumClasses]float32
		Ensembles []struct { // of the first members, as many as weights
			Weights, Fitted []float64
			Vote            [][fashion.NumClasses]float64
			Accuracy        float64
			LogLoss         float64 `json:"log_loss"`
			FittedLoss      float64 `json:"fitted_loss"`
		}
	} `json:"voters"`
}

// recorded reads the reference and its members' predictions.
func recorded(t *testing.T) (reference, []run.Predictions) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/score.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	var members []run.Predictions
	for _, m := range r.Recorded.Members {
		members = append(members, predictions(r.Recorded.Labels, m))
	}
	return r, members
}

// predictions numbers images from 0.
func predictions(labels []int, probabilities [][fashion.NumClasses]float32) run.Predictions {
	var p run.Predictions
	for i := range probabilities {
		p.Probabilities = append(p.Probabilities, probabilities[i][:])
	}
	for i, label := range labels {
		p.Indices, p.Labels = append(p.Indices, int32(i)), append(p.Labels, fashion.Label(label))
	}
	return p
}

// drawn are random predictions for n images; the larger the signal, the more often they are right.
func drawn(n int, signal float64, seed uint64) run.Predictions {
	r := rand.New(rand.NewPCG(seed, 0))
	labels, rows := make([]int, n), make([][fashion.NumClasses]float32, n)
	for i := range rows {
		labels[i] = i % fashion.NumClasses
		sum := float32(0)
		for k := range rows[i] {
			z := r.NormFloat64()
			if k == labels[i] {
				z += signal
			}
			rows[i][k] = float32(math.Exp(z))
			sum += rows[i][k]
		}
		for k := range rows[i] {
			rows[i][k] /= sum
		}
	}
	return predictions(labels, rows)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
