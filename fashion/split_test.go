package fashion_test

import (
	"slices"
	"testing"

	"fashionlab/fashion"
)

// labels is a data set of 100 to 190 images of each class.
func labels() []fashion.Label {
	var all []fashion.Label
	for i := range 190 {
		for class := range fashion.NumClasses {
			if i < 100+10*class {
				all = append(all, fashion.Label(class))
			}
		}
	}
	return all
}

func TestSplitIsStratifiedDisjointAndWhole(t *testing.T) {
	all := labels()
	train, held, err := fashion.Split(all, 0.2, 7)
	if err != nil {
		t.Fatal(err)
	}
	both := slices.Sorted(slices.Values(slices.Concat(train, held)))
	if len(both) != len(all) || len(slices.Compact(both)) != len(all) {
		t.Fatalf("%d and %d positions of %d images, want each once", len(train), len(held), len(all))
	}
	var counts [fashion.NumClasses]int
	for _, p := range held {
		counts[all[p]]++
	}
	for class, n := range counts {
		if want := (100 + 10*class) / 5; n != want {
			t.Errorf("%d images of class %d are held out, want %d", n, class, want)
		}
	}
}

func TestSplitFollowsFromTheSeed(t *testing.T) {
	_, a, _ := fashion.Split(labels(), 0.2, 1)
	_, b, _ := fashion.Split(labels(), 0.2, 1)
	_, c, _ := fashion.Split(labels(), 0.2, 2)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the same seed must give the same split, another seed another")
	}
}

func TestSplitRefusesWhatLeavesAPartEmpty(t *testing.T) {
	for _, fraction := range []float64{0, 1, -1, 0.001, 0.9999} {
		if _, _, err := fashion.Split(labels(), fraction, 1); err == nil {
			t.Errorf("a fraction of %v was accepted", fraction)
		}
	}
}

func TestLimitKeepsTheClassShares(t *testing.T) {
	all := labels()
	chosen, err := fashion.Limit(all, len(all)/2, 3)
	if err != nil {
		t.Fatal(err)
	}
	var counts [fashion.NumClasses]int
	for _, p := range chosen {
		counts[all[p]]++
	}
	for class, n := range counts {
		if want := (100 + 10*class) / 2; n < want-1 || n > want+1 {
			t.Errorf("%d images of class %d, want %d", n, class, want)
		}
	}
	if _, err := fashion.Limit(all, len(all)+1, 3); err == nil {
		t.Error("more images than there are were promised")
	}
}
