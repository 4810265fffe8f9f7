package metrics_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// reference is what scikit-learn, SciPy and statsmodels say about recorded predictions (testdata/score.py).
type reference struct {
	Labels                []int
	Probabilities         [][fashion.NumClasses]float32
	Accuracy              float64
	LogLoss               float64 `json:"log_loss"`
	Confusion             [][]int
	Precision, Recall, F1 [fashion.NumClasses]float64
	Support               [fashion.NumClasses]int
	MacroF1               float64 `json:"macro_f1"`
	Recorded              struct {
		Labels            []int
		Members           [][][fashion.NumClasses]float32
		Temperatures, ECE []float64
		Suspects          [][]int // rows
		Pairs             []struct {
			Table [2][2]int // recognized by a (row 0) or not, by b (column 0) or not: members 0 and 1, 1 and 2, 2 and 0
			P     float64
		}
	} `json:"voters"`
}

func load(t *testing.T) (reference, run.Predictions) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/score.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r, predictions(r.Labels, r.Probabilities)
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

// recorded are the recorded members of an ensemble.
func recorded(t *testing.T) (reference, []run.Predictions) {
	t.Helper()
	r, _ := load(t)
	var members []run.Predictions
	for _, m := range r.Recorded.Members {
		members = append(members, predictions(r.Recorded.Labels, m))
	}
	return r, members
}

// drawn are random predictions for n images; the more signal, the more often they are right.
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

func TestScoresAreThoseOfScikitLearn(t *testing.T) {
	want, p := load(t)
	near(t, "accuracy", metrics.Accuracy(p).Value, want.Accuracy, 1e-12)
	near(t, "log loss", metrics.LogLoss(p), want.LogLoss, 1e-6)
	c := metrics.NewConfusion(p)
	if !slices.EqualFunc(c.Counts, want.Confusion, slices.Equal) {
		t.Errorf("confusion is %v, want %v", c.Counts, want.Confusion)
	}
	for i, s := range c.ByClass() {
		near(t, "precision of "+s.Class.String(), s.Precision, want.Precision[i], 1e-12)
		near(t, "recall of "+s.Class.String(), s.Recall, want.Recall[i], 1e-12)
		near(t, "F1 of "+s.Class.String(), s.F1, want.F1[i], 1e-12)
		if s.Support != want.Support[i] {
			t.Errorf("support of %v is %d, want %d", s.Class, s.Support, want.Support[i])
		}
	}
	near(t, "macro F1", c.MacroF1(), want.MacroF1, 1e-12)
}

func TestWilsonIntervalOfKnownCases(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64 // by SciPy 1.17, binomtest(hits, n).proportion_ci(method="wilson")
	}{{0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {5, 10, 0.236593, 0.763407}, {9016, 10000, 0.895607, 0.907285}} {
		got := metrics.Wilson(c.hits, c.n)
		near(t, "low", got.Low, c.low, 1e-6)
		near(t, "high", got.High, c.high, 1e-6)
	}
	if got := metrics.Wilson(0, 0); !math.IsNaN(got.Value) || got.Low != 0 || got.High != 1 {
		t.Errorf("without trials the interval is %v, want NaN in [0, 1]", got)
	}
}

func TestErrorsComeWithTheLeastProbableTruthFirst(t *testing.T) {
	_, p := load(t)
	list := metrics.Errors(p)
	if want := metrics.NewConfusion(p); len(list) != want.Total()-hits(want) {
		t.Errorf("%d errors, want %d", len(list), want.Total()-hits(want))
	}
	for i, e := range list {
		if e.True == e.Predicted || e.TrueProbability > e.Confidence {
			t.Errorf("%+v is no error", e)
		}
		if i > 0 && list[i-1].TrueProbability > e.TrueProbability {
			t.Errorf("error %d is out of order", i)
		}
	}
}

func hits(c metrics.Confusion) (n int) {
	for i := range c.Counts {
		n += c.Counts[i][i]
	}
	return n
}

func TestMostConfusedCountsBothDirections(t *testing.T) {
	c := metrics.NewConfusion(run.Predictions{})
	c.Counts[0][6], c.Counts[6][0], c.Counts[2][4] = 3, 4, 5
	pairs := c.MostConfused()
	if len(pairs) != 2 || pairs[0] != (metrics.Pair{A: 0, B: 6, Count: 7}) || pairs[1] != (metrics.Pair{A: 2, B: 4, Count: 5}) {
		t.Errorf("pairs are %v", pairs)
	}
}

// By hand: 1 2 3 4 have the mean 2.5 and the standard deviation sqrt(5/3), of which half is the mean's.
func TestMeanHasStudentsInterval(t *testing.T) {
	got := metrics.Mean([]float64{1, 2, 3, 4})
	if half := 3.182446305284263 * math.Sqrt(5.0/3) / 2; math.Abs(got.Value-2.5) > 1e-12 || math.Abs(got.High-2.5-half) > 1e-12 || math.Abs(2.5-got.Low-half) > 1e-12 {
		t.Errorf("got %v, want 2.5 within %v", got, half)
	}
}

// By hand, of the values 0 to 39.
func TestPercentileIsTheValueThatSoManyAreBelow(t *testing.T) {
	values := make([]float64, 40)
	for i := range values {
		values[i] = float64((i * 7) % 40) // 0 to 39, not in order
	}
	for _, c := range []struct {
		percent int
		want    float64
	}{{0, 0}, {5, 2}, {7, 2}, {8, 3}, {50, 20}, {99, 39}} {
		if got := metrics.Percentile(values, c.percent); got != c.want {
			t.Errorf("percentile %d is %v, want %v", c.percent, got, c.want)
		}
	}
	if got := metrics.Percentile([]float64{3, 1, 2}, 5); got != 1 {
		t.Errorf("the threshold of three values is %v, want the smallest", got)
	}
	if values[1] != 7 {
		t.Error("the values were sorted in place")
	}
}
