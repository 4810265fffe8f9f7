package metrics_test

import (
	"math"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// withConfidence is count images of one confidence, of which so many are recognized.
func withConfidence(confidence float32, right, count int) run.Predictions {
	labels, rows := make([]int, count), make([][fashion.NumClasses]float32, count)
	for i := range rows {
		rows[i][3], labels[i] = confidence, 3
		for k := range rows[i] {
			if k != 3 {
				rows[i][k] = (1 - confidence) / (fashion.NumClasses - 1)
			}
		}
		if i >= right {
			labels[i] = 4
		}
	}
	return predictions(labels, rows)
}

func joined(parts ...run.Predictions) run.Predictions {
	var p run.Predictions
	for _, q := range parts {
		p.Indices, p.Labels, p.Probabilities = append(p.Indices, q.Indices...), append(p.Labels, q.Labels...), append(p.Probabilities, q.Probabilities...)
	}
	return p
}

func TestTemperatureIsTheOneThatSciPyFinds(t *testing.T) {
	r, members := recorded(t)
	for m, p := range members {
		near(t, "temperature", metrics.Temperature(p), r.Recorded.Temperatures[m], 1e-4)
	}
}

func TestTemperingLowersTheLogLossAndKeepsThePredictedClasses(t *testing.T) {
	_, members := recorded(t)
	for _, p := range members {
		best := metrics.Temperature(p)
		tempered := metrics.Tempered(p, best)
		for i := range p.Labels {
			if got, want := tempered.Predicted(i), p.Predicted(i); got != want {
				t.Errorf("row %d becomes %v, was %v", i, got, want)
			}
		}
		loss := metrics.LogLoss(tempered)
		for _, other := range []float64{1, best * 0.98, best * 1.02, 0.05, 20} {
			if l := metrics.LogLoss(metrics.Tempered(p, other)); l <= loss {
				t.Errorf("log loss is %v at temperature %v, %v at %v", loss, best, l, other)
			}
		}
		near(t, "temperature of the tempered", metrics.Temperature(tempered), 1, 1e-3)
	}
}

func TestTemperatureStaysWithinItsBounds(t *testing.T) {
	for name, c := range map[string]struct {
		p    run.Predictions
		want float64
	}{
		"always right": {withConfidence(0.9, 10, 10), 0.05},
		"always wrong": {withConfidence(0.9, 0, 10), 20},
		"no images":    {run.Predictions{}, 1},
	} {
		near(t, "temperature of "+name, metrics.Temperature(c.p), c.want, 1e-9)
	}
}

// By hand: the square roots of 0.64, 0.32 and 0.04 are as 4, 2.828427 and 1.
func TestTemperedTakesPowersOfProbabilities(t *testing.T) {
	p := predictions([]int{0}, [][fashion.NumClasses]float32{{0.64, 0.32, 0.04}})
	row := metrics.Tempered(p, 2).Probabilities[0]
	for k, want := range []float64{4, 2.828427, 1} {
		near(t, "probability", float64(row[k]), want/7.828427, 1e-6)
	}
	if same := metrics.Tempered(p, 1).Probabilities[0]; math.Abs(float64(same[1])-0.32) > 1e-7 || p.Probabilities[0][0] != 0.64 {
		t.Errorf("at temperature 1 the row is %v, and the first one is %v", same, p.Probabilities[0])
	}
}

func TestExpectedCalibrationErrorIsThatOfNumPy(t *testing.T) {
	r, members := recorded(t)
	for m, p := range members {
		near(t, "expected calibration error", metrics.ECE(p, 15), r.Recorded.ECE[m], 1e-9)
	}
}

func TestAsAccurateAsConfidentIsNoCalibrationError(t *testing.T) {
	p := joined(withConfidence(0.35, 35, 100), withConfidence(0.55, 55, 100), withConfidence(0.85, 85, 100), withConfidence(1, 100, 100))
	near(t, "error of a calibrated model", metrics.ECE(p, 15), 0, 1e-7)
	near(t, "error of a model 0.4 too sure", metrics.ECE(withConfidence(0.9, 5, 10), 15), 0.4, 1e-7)
	near(t, "error without images", metrics.ECE(run.Predictions{}, 15), 0, 0)
}

func TestAConfidenceOnAnEdgeBelongsToTheBinBelow(t *testing.T) {
	p := joined(withConfidence(0.3, 1, 1), withConfidence(0.5, 1, 2), withConfidence(0.6, 3, 3), withConfidence(0.61, 0, 4), withConfidence(1, 5, 5))
	bins := metrics.Reliability(p, 10)
	for b, want := range []int{0, 0, 1, 0, 2, 3, 4, 0, 0, 5} {
		if bins[b].Count != want {
			t.Errorf("(%v, %v] holds %d images, want %d", bins[b].Low, bins[b].High, bins[b].Count, want)
		}
		if want == 0 && !(math.IsNaN(bins[b].Confidence) && math.IsNaN(bins[b].Accuracy.Value)) {
			t.Errorf("the empty bin (%v, %v] is %+v", bins[b].Low, bins[b].High, bins[b])
		}
	}
	near(t, "low edge", bins[6].Low, 0.6, 1e-15)
	near(t, "high edge", bins[6].High, 0.7, 1e-15)
	near(t, "confidence", bins[6].Confidence, 0.61, 1e-7)
	if got := bins[4].Accuracy; got != metrics.Wilson(1, 2) {
		t.Errorf("accuracy at 0.5 is %v, want %v", got, metrics.Wilson(1, 2))
	}
}

func TestATemperatureOrBinsOfZeroPanic(t *testing.T) {
	for name, call := range map[string]func(){
		"temperature": func() { metrics.Tempered(run.Predictions{}, 0) },
		"bins":        func() { metrics.Reliability(run.Predictions{}, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("0 as %s passes", name)
				}
			}()
			call()
		}()
	}
}
