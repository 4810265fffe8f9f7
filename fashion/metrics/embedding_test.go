package metrics_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/metrics"
)

// clusters are so many rows each around two centres, far from each other, in turn.
func clusters(each, columns int) [][]float32 {
	r := rand.New(rand.NewPCG(1, 2))
	var rows [][]float32
	for i := range 2 * each {
		row := make([]float32, columns)
		for j := range row {
			row[j] = float32(r.NormFloat64() + 5*float64(i%2))
		}
		rows = append(rows, row)
	}
	return rows
}

// apart reports whether each point is less than half as far from the centre of its cluster as from the other's.
func apart(points [][2]float64) bool {
	var centres [2][2]float64
	for i, p := range points {
		for k, v := range p {
			centres[i%2][k] += 2 * v / float64(len(points))
		}
	}
	for i, p := range points {
		distance := func(c [2]float64) float64 { return math.Hypot(p[0]-c[0], p[1]-c[1]) }
		if !(distance(centres[i%2]) < distance(centres[1-i%2])/2) {
			return false
		}
	}
	return true
}

func TestSeparateClustersStaySeparate(t *testing.T) {
	rows := clusters(40, 50)
	pca, err := metrics.PCA(rows)
	if err != nil {
		t.Fatal(err)
	}
	if len(pca) != len(rows) || !apart(pca) {
		t.Errorf("principal components mix two clusters: %v", pca)
	}
	tsne, err := metrics.TSNE(rows, 10, 1, 300)
	if err != nil {
		t.Fatal(err)
	}
	if len(tsne) != len(rows) || !apart(tsne) {
		t.Errorf("t-SNE mixes two clusters: %v", tsne)
	}
}

// By hand: the rows lie on a line in the direction (2, 3, 6), which has the length 7.
func TestPrincipalComponentsOfALineAreItsPlaces(t *testing.T) {
	var rows [][]float32
	positions := []float64{-3, -1, 0, 4}
	for _, v := range positions {
		rows = append(rows, []float32{float32(2*v + 1), float32(3 * v), float32(6*v - 5)})
	}
	points, err := metrics.PCA(rows)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		if math.Abs(p[0]-7*positions[i]) > 1e-9 || math.Abs(p[1]) > 1e-9 {
			t.Errorf("row %d lies at %v, want %v, 0", i, p, 7*positions[i])
		}
	}
}

func TestOneColumnHasOnePrincipalComponent(t *testing.T) {
	points, err := metrics.PCA([][]float32{{1}, {3}})
	if err != nil || !slices.Equal(points, [][2]float64{{-1, 0}, {1, 0}}) {
		t.Errorf("points are %v (%v), want -1 and 1 on the first axis", points, err)
	}
}

func TestPointsFollowFromTheSeedWhateverTheCores(t *testing.T) {
	rows := clusters(20, 5)
	project := func(seed uint64) [][2]float64 {
		points, err := metrics.TSNE(rows, 5, seed, 100)
		if err != nil {
			t.Fatal(err)
		}
		return points
	}
	first := project(1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !slices.Equal(first, project(1)) {
		t.Error("the same seed gives other points on one core")
	}
	if slices.Equal(first, project(2)) {
		t.Error("another seed gives the same points")
	}
}

func TestWrongFeaturesAreAClearError(t *testing.T) {
	rows := clusters(10, 3)
	nan := slices.Clone(rows)
	nan[7] = []float32{0, float32(math.NaN()), 0}
	for name, c := range map[string]struct {
		rows       [][]float32
		perplexity float64
		iterations int
		want       string
	}{
		"no rows":       {nil, 5, 10, "0 rows"},
		"one row":       {rows[:1], 0, 10, "1 rows"},
		"no columns":    {[][]float32{{}, {}}, 1, 10, "no columns"},
		"ragged":        {append(slices.Clone(rows), []float32{1}), 5, 10, "1 columns in row 20"},
		"not a number":  {nan, 5, 10, "row 7, column 1"},
		"few rows":      {rows, 7, 10, "want 21 or more"},
		"perplexity":    {rows, math.NaN(), 10, "perplexity is NaN"},
		"no iterations": {rows, 5, 0, "0 iterations"},
	} {
		if _, err := metrics.TSNE(c.rows, c.perplexity, 1, c.iterations); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one that says %q", name, err, c.want)
		}
		if name == "few rows" || name == "perplexity" || name == "no iterations" {
			continue
		}
		if _, err := metrics.PCA(c.rows); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one that says %q", name, err, c.want)
		}
	}
}

func TestRowsThatAreAllAlikeHaveAPlace(t *testing.T) {
	rows := slices.Repeat([][]float32{{1, 2, 3}}, 12)
	points, err := metrics.TSNE(rows, 3, 1, 50)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		if math.IsNaN(p[0]+p[1]) || math.IsInf(p[0]+p[1], 0) {
			t.Fatalf("row %d lies at %v", i, p)
		}
	}
}

// BenchmarkTSNE is what notebook 9 does: 1,000 rows of 128 features.
func BenchmarkTSNE(b *testing.B) {
	rows := clusters(500, 128)
	for b.Loop() {
		if _, err := metrics.TSNE(rows, 30, 1, 500); err != nil {
			b.Fatal(err)
		}
	}
}
