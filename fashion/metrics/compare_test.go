package metrics_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// outcomes are two models' predictions of which both recognize so many images, then only a, then only b, then neither.
func outcomes(both, onlyA, onlyB, neither int) (a, b run.Predictions) {
	var labels []int
	var rowsA, rowsB [][fashion.NumClasses]float32
	right, wrong := [fashion.NumClasses]float32{1}, [fashion.NumClasses]float32{0, 1}
	for i := range both + onlyA + onlyB + neither {
		inA := i < both+onlyA
		inB := i < both || i >= both+onlyA && i < both+onlyA+onlyB
		labels, rowsA, rowsB = append(labels, 0), append(rowsA, wrong), append(rowsB, wrong)
		if inA {
			rowsA[i] = right
		}
		if inB {
			rowsB[i] = right
		}
	}
	return predictions(labels, rowsA), predictions(labels, rowsB)
}

func TestMcNemarIsTheExactTestOfStatsmodels(t *testing.T) {
	r, members := recorded(t)
	for i, want := range r.Recorded.Pairs {
		got, err := metrics.McNemar(members[i], members[(i+1)%len(members)])
		if err != nil {
			t.Fatal(err)
		}
		if table := [2][2]int{{got.Both, got.OnlyA}, {got.OnlyB, got.Neither}}; table != want.Table {
			t.Errorf("pair %d counts %v, want %v", i, table, want.Table)
		}
		near(t, "p-value", got.P, want.P, 1e-9)
	}
}

func TestMcNemarOfKnownCases(t *testing.T) {
	for _, c := range []struct {
		onlyA, onlyB int
		p            float64 // by SciPy 1.17, binomtest(onlyA, onlyA+onlyB).pvalue
	}{{0, 0, 1}, {1, 0, 1}, {3, 3, 1}, {0, 5, 0.0625}, {10, 2, 0.03857421875}, {2, 10, 0.03857421875}, {5100, 4900, 0.046585527704945}, {9000, 1000, 0}} {
		a, b := outcomes(3, c.onlyA, c.onlyB, 2)
		got, err := metrics.McNemar(a, b)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "p-value", got.P, c.p, 1e-9)
		if got.P > 1 || got.Both != 3 || got.OnlyA != c.onlyA || got.OnlyB != c.onlyB || got.Neither != 2 {
			t.Errorf("pairing of %d and %d is %+v", c.onlyA, c.onlyB, got)
		}
	}
}

func TestGainIsWithinItsIntervalAndTheSameForTheSameSeed(t *testing.T) {
	a, b := outcomes(8800, 250, 320, 630)
	got, err := metrics.Gain(a, b, 2000, 3)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gain", got.Value, 0.007, 1e-12)
	if !(got.Low < got.Value && got.Value < got.High) {
		t.Errorf("%v is outside its interval", got)
	}
	// The normal approximation: the variance of one image's difference is the fraction of discordant images less the squared gain.
	half := 1.959963984540054 * math.Sqrt((0.057-0.007*0.007)/10000)
	near(t, "low end", got.Low, 0.007-half, 0.1*half)
	near(t, "high end", got.High, 0.007+half, 0.1*half)
	if again, _ := metrics.Gain(a, b, 2000, 3); again != got {
		t.Errorf("the same seed gives %v, then %v", got, again)
	}
	if other, _ := metrics.Gain(a, b, 2000, 4); other == got {
		t.Errorf("another seed gives %v as well", got)
	}
	back, _ := metrics.Gain(b, a, 2000, 3)
	near(t, "gain of a over b", back.Value, -0.007, 1e-12)
	if same, _ := metrics.Gain(a, a, 100, 1); same != (metrics.Interval{}) {
		t.Errorf("a model's gain over itself is %v", same)
	}
}

func TestGainWithoutResamplesOrImagesIsRefused(t *testing.T) {
	a, b := outcomes(1, 1, 1, 1)
	if _, err := metrics.Gain(a, b, 0, 1); err == nil {
		t.Error("no resamples pass")
	}
	if _, err := metrics.Gain(run.Predictions{}, run.Predictions{}, 10, 1); err == nil {
		t.Error("no images pass")
	}
}

func TestModelsOfOtherImagesAreNotCompared(t *testing.T) {
	_, p := load(t)
	other := p
	other.Indices = slices.Clone(p.Indices)
	other.Indices[7] = 999
	_, test := metrics.McNemar(p, other)
	_, gain := metrics.Gain(p, other, 10, 1)
	_, disagreement := metrics.Disagreement(p, other)
	for name, err := range map[string]error{"test": test, "gain": gain, "disagreement": disagreement} {
		var e *metrics.ImagesError
		if !errors.As(err, &e) || e.Position != 1 || !strings.Contains(e.Got, "index 999 in row 7") {
			t.Errorf("%s: error is %v, want one of the second predictions", name, err)
		}
	}
}

func BenchmarkGain(b *testing.B) {
	x, y := outcomes(8800, 250, 320, 630)
	for b.Loop() {
		if _, err := metrics.Gain(x, y, 2000, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func TestDisagreementIsTheCountsOfThePairedTest(t *testing.T) {
	_, members := recorded(t)
	counts, err := metrics.Disagreement(members...)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range members {
		for j, b := range members {
			c, err := metrics.McNemar(a, b)
			if err != nil {
				t.Fatal(err)
			}
			if counts[i][j] != c.OnlyA || counts[j][i] != c.OnlyB {
				t.Errorf("members %d and %d alone are right on %d and %d images, want %d and %d", i, j, counts[i][j], counts[j][i], c.OnlyA, c.OnlyB)
			}
		}
	}
	if _, err := metrics.Disagreement(members[0], drawn(3, 1, 1)); err == nil {
		t.Error("predictions for other images were accepted")
	}
}

func TestSharedErrorsOfTwoModelsAreThoseThatNeitherClassifies(t *testing.T) {
	_, members := recorded(t)
	rows, err := metrics.SharedErrors(members[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := metrics.McNemar(members[0], members[1])
	if err != nil || len(rows) != c.Neither {
		t.Errorf("%d errors are shared, want %d (%v)", len(rows), c.Neither, err)
	}
	for _, row := range rows {
		if label := members[0].Labels[row]; members[0].Predicted(row) == label || members[1].Predicted(row) == label {
			t.Errorf("row %d is classified correctly by a model", row)
		}
	}
	if _, err := metrics.SharedErrors(members[0], drawn(3, 1, 1)); err == nil {
		t.Error("predictions for other images were accepted")
	}
}

func TestDifferencesAndPValuesAreShort(t *testing.T) {
	if got, want := (metrics.Interval{Value: 0.003, Low: -0.0004, High: 0.00634}).Signed(), "+0.0030 (-0.0004 to +0.0063)"; got != want {
		t.Errorf("the difference is %q, want %q", got, want)
	}
	for p, want := range map[float64]string{0.0421: "0.0421", 1: "1.0000", 3e-7: "< 0.0001"} {
		if got := metrics.FormatP(p); got != want {
			t.Errorf("P of %v is %q, want %q", p, got, want)
		}
	}
}

func TestQuantilesAreInterpolated(t *testing.T) {
	values := []float64{1, 2, 3, 4}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 0.75: 3.25, 1: 4} {
		if got := metrics.Quantile(values, q); got != want {
			t.Errorf("the quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := metrics.Quantile([]float64{7}, 0.75); got != 7 {
		t.Errorf("of one value it is %v", got)
	}
}
