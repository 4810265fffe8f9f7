package metrics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion/metrics"
)

func TestEffectOverSeedsAndImagesByHand(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	// The means are 1/2 and 0 of the seeds, 1/2, 1/2, 1/2 and -1/2 of the images and 1/4 of all. So the mean squares are S = 4*2*(1/4)^2 = 1/2, I = 2*(3*(1/4)^2+(3/4)^2)/3 = 1/2 and, because
	// the squares sum to 4 - 8/16 = 7/2 = S + 3I + 3E, E = 1/2. The variance is 1/16, with one degree of freedom.
	e, err := metrics.SeedsAndImages([][]float64{{1, 1, 0, 0}, {0, 0, 1, -1}})
	if err != nil {
		t.Fatal(err)
	}
	near("the mean", e.Value, 0.25)
	near("the lower end", e.Low, 0.25-12.7062*0.25)
	near("the upper end", e.High, 0.25+12.7062*0.25)
	near("the detectable difference", e.Detectable, (12.7062+1.3764)*0.25)
	// The means are 2/3, 1/3 and 1/3 of the seeds, 1, 1/3 and 0 of the images and 4/9 of all: S = 3*(4+1+1)/81/2 = 1/9, I = 3*(25+1+16)/81/2 = 7/9 and, because the squares sum
	// to 20/9 = 2S + 2I + 4E, E = 1/9. The variance is (1/9+6/9)/9 = 7/81, with 2*49 degrees of freedom.
	e, err = metrics.SeedsAndImages([][]float64{{1, 1, 0}, {1, 0, 0}, {1, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	near("the mean", e.Value, 4.0/9)
	near("the upper end", e.High, 4.0/9+1.98447*math.Sqrt(7.0/81))
}

func TestEffectNeedsSeedsAndAsManyImagesWithEach(t *testing.T) {
	for _, bad := range [][][]float64{nil, {{1, 0}}, {{1}, {1}}, {{1, 0}, {1}}} {
		if _, err := metrics.SeedsAndImages(bad); err == nil {
			t.Errorf("%v gives no error", bad)
		}
	}
	if e, err := metrics.SeedsAndImages([][]float64{{0, 0}, {0, 0}}); err != nil || e.Interval != (metrics.Interval{}) {
		t.Errorf("no difference at all is %+v (%v), want 0", e, err)
	}
}

// Studies of three seeds are simulated. What an image contributes to the difference varies over images, over seeds and by chance; the interval holds the true difference in about 95 of 100
// studies, whichever of these varies most.
func TestIntervalOverSeedsAndImagesHoldsTheTrueDifferenceAsOftenAsItSays(t *testing.T) {
	const studies, images, difference = 2000, 2000, 0.01
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		most                          string
		overSeeds, overImages, chance float64 // standard deviations; chance is that of one image in one training
	}{
		{"seeds", 0.03, 0.1, 0.1}, {"images", 0, 0.3, 0.1}, {"chance", 0, 0, 0.3}, {"seeds and images", 0.01, 0.25, 0}, {"all", 0.003, 0.15, 0.3},
	} {
		held, shared, measured := 0, make([]float64, images), [][]float64{make([]float64, images), make([]float64, images), make([]float64, images)}
		for range studies {
			for i := range shared {
				shared[i] = difference + c.overImages*r.NormFloat64()
			}
			for _, row := range measured {
				ofSeed := c.overSeeds * r.NormFloat64()
				for i := range row {
					row[i] = answer(r, shared[i]+ofSeed+c.chance*r.NormFloat64())
				}
			}
			e, err := metrics.SeedsAndImages(measured)
			if err != nil {
				t.Fatal(err)
			}
			if e.Low <= difference && difference <= e.High {
				held++
			}
		}
		if fraction := float64(held) / studies; fraction < 0.925 || fraction > 0.99 {
			t.Errorf("most variance over %s: %.3f of the intervals hold the true difference, want 0.925 to 0.99", c.most, fraction)
		}
	}
}

// A study whose true difference is the detectable one finds it significant in about 80 of 100 cases.
func TestDetectableDifferenceIsFoundInFourOfFiveStudies(t *testing.T) {
	const studies, images, seeds = 1000, 2000, 5
	r := rand.New(rand.NewPCG(2, 1))
	study := func(difference float64) metrics.Effect {
		measured := make([][]float64, seeds)
		for s := range measured {
			measured[s] = make([]float64, images)
			ofSeed := difference + 0.003*r.NormFloat64()
			for i := range measured[s] {
				measured[s][i] = answer(r, ofSeed+0.2*r.NormFloat64())
			}
		}
		e, err := metrics.SeedsAndImages(measured)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	detectable := 0.0
	for range studies {
		detectable += study(0).Detectable / studies
	}
	found := 0
	for range studies {
		if study(detectable).Low > 0 {
			found++
		}
	}
	if fraction := float64(found) / studies; fraction < 0.7 || fraction > 0.9 {
		t.Errorf("a difference of %.4f is found in %.3f of the studies, want about 0.8", detectable, fraction)
	}
}

// answer is the difference of two answers, -1, 0 or 1, whose mean is x for x in [-1, 1].
func answer(r *rand.Rand, x float64) float64 {
	if r.Float64() < math.Abs(x) {
		return math.Copysign(1, x)
	}
	return 0
}
