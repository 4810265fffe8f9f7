package metrics

import (
	"cmp"
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"fashionlab/fashion"
)

// features draws rows whose columns depend on each other.
func features(seed uint64, rows, columns int, scale, shift float64) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([][]float32, rows)
	for i := range list {
		common := r.NormFloat64()
		for j := range columns {
			list[i] = append(list[i], float32(scale*(r.NormFloat64()+common*float64(j))+shift))
		}
	}
	return list
}

func fitNormal(t *testing.T, f [][]float32) Normal {
	t.Helper()
	n, err := FitNormal(f)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func frechet(t *testing.T, a, b Normal) float64 {
	t.Helper()
	d, err := FrechetDistance(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// near compares within a fraction of what is wanted.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestFrechetDistanceOfOneNumberIsOfMeansAndDeviations(t *testing.T) {
	a, b := fitNormal(t, [][]float32{{1}, {3}}), fitNormal(t, [][]float32{{10}, {18}}) // means 2 and 14, deviations sqrt(2) and sqrt(32)
	near(t, "the distance", frechet(t, a, b), 12*12+math.Pow(math.Sqrt(32)-math.Sqrt(2), 2))
}

func TestFrechetDistanceIsTheFormulaWithTheEigenvaluesOfTheProduct(t *testing.T) {
	a, b := fitNormal(t, features(1, 50, 6, 1, 0)), fitNormal(t, features(2, 40, 6, 1.7, 0.5))
	var product mat.Dense
	product.Mul(a.covariance, b.covariance)
	var e mat.Eigen
	if !e.Factorize(&product, mat.EigenNone) {
		t.Fatal("no eigenvalues")
	}
	want := mat.Trace(a.covariance) + mat.Trace(b.covariance)
	for _, v := range e.Values(nil) {
		want -= 2 * real(cmplx.Sqrt(v))
	}
	for j := range 6 {
		want += math.Pow(a.mean.AtVec(j)-b.mean.AtVec(j), 2)
	}
	near(t, "the distance", frechet(t, a, b), want)
	near(t, "the distance the other way", frechet(t, b, a), want)
	near(t, "the distance to itself", frechet(t, a, a), 0)
}

func TestFrechetDistanceHoldsWhereThereAreFewerImagesThanFeatures(t *testing.T) {
	a, b := fitNormal(t, features(1, 4, 9, 1, 0)), fitNormal(t, features(2, 4, 9, 1, 3))
	if d := frechet(t, a, b); !(d > 0) || math.IsInf(d, 0) {
		t.Errorf("the distance is %v, want a positive number", d)
	}
}

func TestKIDOfABlockIsTheSumOverPairs(t *testing.T) {
	x, y := features(1, 4, 3, 1, 0), features(2, 4, 3, 1, 1)
	kernel := func(x, y []float32) float64 {
		dot := 0.0
		for i := range x {
			dot += float64(x[i]) * float64(y[i])
		}
		return math.Pow(dot/3+1, 3)
	}
	want := 0.0
	for i := range 4 {
		for j := range 4 {
			if i != j {
				want += (kernel(x[i], x[j]) + kernel(y[i], y[j])) / 12
			}
			want -= 2 * kernel(x[i], y[j]) / 16
		}
	}
	a, errA := Matrix(x, 2)
	b, errB := Matrix(y, 2)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	near(t, "the distance", discrepancy(a, b), want)
}

// Whole blocks of one class against mixed ones would be far apart.
func TestKIDDoesNotDependOnTheOrder(t *testing.T) {
	sorted := append(features(1, 200, 3, 1, 0), features(2, 200, 3, 1, 5)...)
	var mixed [][]float32
	for i := range 200 {
		mixed = append(mixed, features(3, 200, 3, 1, 0)[i], features(4, 200, 3, 1, 5)[i])
	}
	mean, standardError, err := KID(sorted, mixed, 40)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(mean) > 4*standardError {
		t.Errorf("the distance of sorted and mixed features is %v with a standard error of %v, want about 0", mean, standardError)
	}
}

func TestKIDOfTheSameDistributionIsAboutZero(t *testing.T) {
	mean, standardError, err := KID(features(1, 400, 3, 1, 0), features(2, 400, 3, 1, 0), 50)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(mean) > 4*standardError {
		t.Errorf("the distance is %v with a standard error of %v, want about 0", mean, standardError)
	}
}

func TestFeaturesThatCannotBeComparedAreErrors(t *testing.T) {
	a, b := fitNormal(t, features(1, 5, 2, 1, 0)), fitNormal(t, features(1, 5, 3, 1, 0))
	if _, err := FrechetDistance(a, b); err == nil {
		t.Error("features of 2 and of 3 numbers have a distance")
	}
	for name, f := range map[string][][]float32{"none": nil, "empty": {{}}, "one": {{1, 2}}, "ragged": {{1, 2}, {1}}, "no numbers": {{float32(math.NaN())}, {1}}} {
		n, err := FitNormal(f)
		if err == nil {
			_, err = FrechetDistance(n, n)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, _, err := KID(features(1, 5, 2, 1, 0), features(1, 5, 2, 1, 0), 4); err == nil {
		t.Error("one block is enough")
	}
}

func TestIntraClassDiversityIsTheMeanDistanceOfPairs(t *testing.T) {
	var images [3]fashion.Image
	images[1][5], images[2][5], images[2][6] = 255, 3, 4
	want := (255 + 5 + math.Sqrt(252*252+4*4)) / 3
	near(t, "the diversity", IntraClassDiversity(images[:]), want)
	near(t, "the diversity of one image", IntraClassDiversity(images[:1]), 0)
}

func TestKthSimilarityIsTheCosineToTheNeighbourOfThatRank(t *testing.T) {
	others := [][]float32{{1, 0}, {0, 2}, {3, 3}, {-1, 0}}
	similarity := func(features, others [][]float32, k int) ([]float64, error) {
		x, err := NewCosineIndex(others)
		if err != nil {
			t.Fatal(err)
		}
		return x.KthSimilarity(features, k)
	}
	got, err := similarity([][]float32{{5, 0}, {0, -1}, {0, 0}}, others, 2)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the first", got[0], math.Sqrt(0.5)) // after {1, 0}, {3, 3}
	near(t, "the second", got[1], 0)             // {1, 0} and {-1, 0} are equally far
	near(t, "what has no direction", got[2], 0)
	many, err := similarity(features(1, 2300, 3, 1, 0), features(2, 50, 3, 1, 0), 1)
	if err != nil || len(many) != 2300 {
		t.Errorf("%d values for 2300 features (%v)", len(many), err)
	}
	one, err := similarity(features(1, 2300, 3, 1, 0)[2200:2201], features(2, 50, 3, 1, 0), 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "one of many", many[2200], one[0])
	for name, bad := range map[string]struct {
		features [][]float32
		k        int
	}{"not a number": {[][]float32{{0, float32(math.NaN())}}, 1}, "other numbers": {[][]float32{{1, 2, 3}}, 1}, "no such neighbour": {[][]float32{{1, 2}}, 5}, "none": {[][]float32{{1, 2}}, 0}} {
		if _, err := similarity(bad.features, others, bad.k); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewCosineIndex(nil); err == nil {
		t.Error("an index of nothing: no error")
	}
}

func TestNearestAreTheOnesOfTheSmallestAngles(t *testing.T) {
	others := [][]float32{{1, 0}, {0, 2}, {3, 3}, {-1, 0}}
	got, err := NearestNeighbours([][]float32{{5, 1}, {0, -1}}, others, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int{{0, 2, 1}, {0, 3, 2}} {
		if !slices.Equal(got[i], want) {
			t.Errorf("feature %d: %v, want %v", i, got[i], want)
		}
	}
	// The slow twin: all are sorted.
	some, many := features(1, 30, 3, 1, 0), features(2, 200, 3, 1, 0)
	many = append(many, many[:50]...) // so that there are ties
	got, err = NearestNeighbours(some, many, 7)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewCosineIndex(many)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	err = x.compare(some, 7, func(cosines []float64) {
		order := make([]int, len(many))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cosines[b], cosines[a]) })
		if !slices.Equal(got[at], order[:7]) {
			t.Errorf("feature %d: %v, want %v", at, got[at], order[:7])
		}
		at++
	})
	if err != nil || at != len(some) {
		t.Errorf("%d features compared (%v), want %d", at, err, len(some))
	}
}

func TestCompareFeaturesGivesBothDistances(t *testing.T) {
	a, b := features(1, 60, 3, 1, 0), features(2, 80, 3, 1, 1)
	got, err := CompareFeatures(a, b)
	if err != nil {
		t.Fatal(err)
	}
	kid, standardError, err := KID(a, b, 6)
	if err != nil {
		t.Fatal(err)
	}
	if want := (FeatureDistances{frechet(t, fitNormal(t, a), fitNormal(t, b)), kid, standardError}); got != want {
		t.Errorf("the distances are %+v, want %+v", got, want)
	}
	if _, err := CompareFeatures(a[:15], b); err == nil {
		t.Error("15 features were compared in ten blocks")
	}
}
