package metrics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
)

// Two classes around (0, 0) and (10, 0), with the deviations 1 and 3 along the axes: a distance is measured in these.
func TestDistanceIsInStandardDeviationsFromTheNearestClass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var features [][]float32
	var labels []fashion.Label
	for i := range 20000 {
		class := i % 2
		features = append(features, []float32{float32(10*class) + float32(r.NormFloat64()), 3 * float32(r.NormFloat64())})
		labels = append(labels, fashion.Label(4+class))
	}
	n, err := metrics.FitClassNormals(features, labels)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   []float32
		want float64
	}{{[]float32{0, 0}, 0}, {[]float32{2, 0}, 2}, {[]float32{0, 6}, 2}, {[]float32{13, 0}, 3}, {[]float32{5, 0}, 5}, {[]float32{11, 3}, math.Sqrt2}} {
		if got := n.Distance(c.at); math.Abs(got-c.want) > 0.03*c.want+0.05 {
			t.Errorf("the distance of %v is %v, want %v", c.at, got, c.want)
		}
	}
}

func TestFeaturesThatDoNotVaryOrAreMoreThanTheImagesHaveADistance(t *testing.T) {
	for what, features := range map[string][][]float32{
		"a constant column":      {{1, 5}, {2, 5}, {3, 5}, {5, 5}},
		"more columns than rows": {{1, 2, 3, 4, 5, 6}, {2, 1, 4, 3, 6, 5}, {0, 0, 1, 1, 2, 2}},
		"all alike":              {{1, 1}, {1, 1}, {1, 1}},
	} {
		n, err := metrics.FitClassNormals(features, make([]fashion.Label, len(features)))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		near, far := n.Distance(features[0]), n.Distance(make([]float32, len(features[0])))
		if math.IsNaN(near) || math.IsInf(far, 0) || !(near < far || what != "all alike") {
			t.Errorf("%s: distances %v and %v", what, near, far)
		}
	}
	if _, err := metrics.FitClassNormals([][]float32{{1}, {2}}, make([]fashion.Label, 3)); err == nil {
		t.Error("two rows with three labels are accepted")
	}
	if _, err := metrics.FitClassNormals([][]float32{{1}}, make([]fashion.Label, 1)); err == nil {
		t.Error("one row is accepted")
	}
}

func TestNegativeEnergyIsTheLogarithmOfTheSumOfExponentials(t *testing.T) {
	if got, want := metrics.NegativeEnergy(make([]float32, 10)), math.Log(10); math.Abs(got-want) > 1e-12 {
		t.Errorf("of ten zeros %v, want %v", got, want)
	}
	if got := metrics.NegativeEnergy([]float32{3: 1000, 9: 0}); got != 1000 {
		t.Errorf("of one large logit %v, want it", got)
	}
}
