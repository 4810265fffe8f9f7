package metrics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// measured is a robustness to two corruptions at two strengths, whose images are misclassified with those chances.
func measured(r *rand.Rand, images int, errors [2]float64) run.Robustness {
	bits := func(chance float64) run.Bits {
		b := make(run.Bits, (images+7)/8)
		for i := range images {
			if r.Float64() >= chance {
				b[i/8] |= 1 << (i % 8)
			}
		}
		return b
	}
	out := run.Robustness{Seed: 1, Images: images, Clean: bits(0.1)}
	for i, name := range []string{"shift", "blur"} {
		out.Corruptions = append(out.Corruptions, run.Corrupted{Name: name, Strengths: []float64{1, 2}, Correct: []run.Bits{bits(errors[i]), bits(errors[i])}})
	}
	return out
}

// one is the robustness of a network that was trained with one seed.
func one(r run.Robustness) []run.Robustness { return []run.Robustness{r} }

func TestCorruptionErrorsAreRatiosOfSums(t *testing.T) {
	of := func(bits ...run.Bits) run.Robustness {
		return run.Robustness{Images: 8, Clean: run.Bits{0xff}, Corruptions: []run.Corrupted{
			{Name: "shift", Strengths: []float64{1, 2}, Correct: bits[:2]}, {Name: "blur", Strengths: []float64{1, 2}, Correct: bits[2:]}}}
	}
	baseline := of(run.Bits{0xf0}, run.Bits{0xf0}, run.Bits{0xfc}, run.Bits{0x3f}) // 4 + 4 and 2 + 2 errors
	network := of(run.Bits{0xf8}, run.Bits{0xfe}, run.Bits{0xfc}, run.Bits{0xff})  // 3 + 1 and 2 + 0
	e, err := metrics.CorruptionErrors(one(network), one(baseline))
	if err != nil || e.Each[0].Value != 0.5 || e.Each[1].Value != 0.5 || e.Mean.Value != 0.5 {
		t.Errorf("%+v (%v), want 0.5 everywhere", e, err)
	}
	if same, err := metrics.CorruptionErrors(one(baseline), one(baseline)); err != nil || same.Mean != (metrics.Interval{Value: 1, Low: 1, High: 1}) {
		t.Errorf("a baseline compared with itself has %v (%v), want 1 without doubt", same.Mean, err)
	}
	network.Corruptions[1].Strengths = []float64{1, 3}
	if _, err := metrics.CorruptionErrors(one(network), one(baseline)); err == nil {
		t.Error("other strengths were compared")
	}
	if a := metrics.CorruptedAccuracy(one(baseline), 0); len(a) != 3 || a[0].Value != 1 || a[1].Value != 0.5 {
		t.Errorf("the accuracies are %v", a)
	}
}

func TestIntervalsOfCorruptionErrorsCoverTheTruthNineteenTimesInTwenty(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const trials = 1000
	each, mean := 0, 0
	for range trials {
		e, err := metrics.CorruptionErrors(one(measured(r, 500, [2]float64{0.2, 0.3})), one(measured(r, 500, [2]float64{0.4, 0.5})))
		if err != nil {
			t.Fatal(err)
		}
		covers := func(i metrics.Interval, truth float64) int {
			if i.Low <= truth && truth <= i.High {
				return 1
			}
			return 0
		}
		each, mean = each+covers(e.Each[0], 0.5), mean+covers(e.Mean, (0.5+0.6)/2)
	}
	for _, covered := range []int{each, mean} {
		if math.Abs(float64(covered)/trials-0.95) > 0.025 {
			t.Errorf("%d of %d intervals hold the truth, want about 950", covered, trials)
		}
	}
}

// seeds is the robustness of networks of several seeds: each has chances of error of its own around the given ones, and images differ in difficulty.
func seeds(r *rand.Rand, n, images int, errors, deviation float64, difficulty []float64) (list []run.Robustness) {
	for range n {
		shift := deviation * r.NormFloat64()
		bits := func() run.Bits {
			b := make(run.Bits, (images+7)/8)
			for i := range images {
				if r.Float64() >= errors+shift+difficulty[i] {
					b[i/8] |= 1 << (i % 8)
				}
			}
			return b
		}
		list = append(list, run.Robustness{Images: images, Clean: bits(), Corruptions: []run.Corrupted{{Name: "shift", Strengths: []float64{1, 2}, Correct: []run.Bits{bits(), bits()}}}})
	}
	return list
}

func TestIntervalsOverSeedsAndImagesCoverTheTruthNineteenTimesInTwenty(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	const trials, images = 400, 500
	ratios, accuracies, alone := 0, 0, 0
	for range trials {
		difficulty := make([]float64, images) // of mean 0
		for i := range difficulty {
			difficulty[i] = 0.2 * (2*r.Float64() - 1)
		}
		networks, baselines := seeds(r, 3, images, 0.3, 0.03, difficulty), seeds(r, 3, images, 0.6, 0.03, difficulty)
		covers := func(i metrics.Interval, truth float64) int {
			if i.Low <= truth && truth <= i.High {
				return 1
			}
			return 0
		}
		e, err := metrics.CorruptionErrors(networks, baselines)
		if err != nil {
			t.Fatal(err)
		}
		ratios, accuracies = ratios+covers(e.Mean, 0.5), accuracies+covers(metrics.CorruptedAccuracy(networks, 0)[1], 0.7)
		if e, err = metrics.CorruptionErrors(networks[:1], baselines[:1]); err != nil {
			t.Fatal(err)
		}
		alone += covers(e.Mean, 0.5)
	}
	for name, covered := range map[string]int{"corruption errors": ratios, "accuracies": accuracies} {
		if share := float64(covered) / trials; share < 0.92 || share > 0.995 {
			t.Errorf("%d of %d intervals of %s hold the truth, want about %d", covered, trials, name, trials*95/100)
		}
	}
	if alone > trials*85/100 {
		t.Errorf("%d of %d intervals of one seed hold the truth, want fewer: they are over images only", alone, trials)
	}
}

func TestIntervalsOfAccuraciesAreFractions(t *testing.T) {
	of := func(bits run.Bits) run.Robustness {
		return run.Robustness{Images: 8, Clean: bits, Corruptions: []run.Corrupted{{Name: "shift", Strengths: []float64{1}, Correct: []run.Bits{{^bits[0]}}}}}
	}
	a := metrics.CorruptedAccuracy([]run.Robustness{of(run.Bits{0xff}), of(run.Bits{0xfe})}, 0)
	if clean, corrupted := a[0], a[1]; clean.High != 1 || !(clean.Low < clean.Value) || corrupted.Low != 0 || !(corrupted.Value < corrupted.High) {
		t.Errorf("the accuracies are %v, want intervals that end at 1 and begin at 0", a)
	}
}

func TestAsManyNetworksAsBaselinesAreWanted(t *testing.T) {
	r := measured(rand.New(rand.NewPCG(3, 1)), 8, [2]float64{})
	for _, baselines := range [][]run.Robustness{nil, {r, r}} {
		if _, err := metrics.CorruptionErrors(one(r), baselines); err == nil {
			t.Errorf("one network was compared with %d baselines", len(baselines))
		}
	}
}
