package fashion_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"fashionlab/fashion"
)

func TestNearDuplicatesAreThePairsWithinTheLimit(t *testing.T) {
	test, err := fashion.LoadTest("../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	s, others := test.Take(positions(0, 200)), test.Take(positions(150, 400)) // the last 50 are in both
	for _, limit := range []float64{0, 300, 900, 1500} {
		want := map[[2]int]float64{}
		for i, a := range s.Images {
			for j, b := range others.Images {
				sum := 0.0
				for pixel := range a {
					sum += math.Pow(float64(a[pixel])-float64(b[pixel]), 2)
				}
				if d := math.Sqrt(sum); d <= limit {
					want[[2]int{i, j}] = d
				}
			}
		}
		pairs := s.NearDuplicatesIn(others, limit)
		for _, p := range pairs {
			if d, ok := want[[2]int{p.I, p.J}]; !ok || math.Abs(d-p.Distance) > 1e-9 {
				t.Errorf("limit %v: the pair %+v, want the distance %v", limit, p, d)
			}
		}
		if len(pairs) != len(want) || len(pairs) < 50 {
			t.Errorf("limit %v: %d pairs, want %d and at least those of the images in both", limit, len(pairs), len(want))
		}
		if !slices.IsSortedFunc(pairs, func(a, b fashion.Pair) int { return int(math.Ceil(a.Distance - b.Distance)) }) {
			t.Errorf("limit %v: the pairs are not in the order of their distances", limit)
		}
	}
}

// positions are those from first to before last.
func positions(first, last int) (list []int) {
	for i := first; i < last; i++ {
		list = append(list, i)
	}
	return list
}

func TestNearDuplicatesOfASetAreListedOnce(t *testing.T) {
	a, almost, b := fashion.Image{1}, fashion.Image{1, 1}, fashion.Image{200}
	s := fashion.Set{Images: []fashion.Image{a, b, a, almost}, Labels: make([]fashion.Label, 4)}
	want := []fashion.Pair{{I: 0, J: 2}, {I: 0, J: 3, Distance: 1}, {I: 2, J: 3, Distance: 1}}
	if got := s.NearDuplicates(1); !slices.Equal(got, want) {
		t.Errorf("near-duplicates are %v, want %v", got, want)
	}
	if got := s.NearDuplicates(0.5); !slices.Equal(got, want[:1]) {
		t.Errorf("equal are %v, want %v", got, want[:1])
	}
	if got := (fashion.Set{}).NearDuplicates(10); len(got) != 0 {
		t.Errorf("an empty set has the pairs %v", got)
	}
}

// Of images that are near-duplicates of one another, each has its nearest only, of equal ones the first.
func TestNearestIsTheFirstPairOfEachImage(t *testing.T) {
	test, err := fashion.LoadTest("../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	s, others := test.Take(positions(0, 200)), test.Take(append(positions(150, 400), positions(150, 400)...))
	for _, limit := range []float64{0, 900, 1500, 3000} {
		var want []fashion.Pair
		seen := map[int]bool{}
		for _, p := range s.NearDuplicatesIn(others, limit) {
			if !seen[p.I] {
				want = append(want, p)
			}
			seen[p.I] = true
		}
		if got, err := s.NearestIn(t.Context(), others, limit); err != nil || !slices.Equal(got, want) {
			t.Errorf("limit %v: the nearest are %v (%v), want %v", limit, got, err, want)
		}
	}
}

func TestSearchForTheNearestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := fashion.Set{Images: make([]fashion.Image, 2), Labels: make([]fashion.Label, 2)}
	if pairs, err := s.NearestIn(ctx, s, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("the pairs are %v (%v), want an error", pairs, err)
	}
}
