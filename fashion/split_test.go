package fashion_test

import (
	"math"
	"slices"
	"strings"
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

func TestSplitIsStratifiedDisjointAndComplete(t *testing.T) {
	all := labels()
	train, validation, err := fashion.Split(all, 0.2, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	both := slices.Sorted(slices.Values(slices.Concat(train, validation)))
	if len(both) != len(all) || len(slices.Compact(both)) != len(all) {
		t.Fatalf("%d and %d positions of %d images, want each once", len(train), len(validation), len(all))
	}
	var counts [fashion.NumClasses]int
	for _, p := range validation {
		counts[all[p]]++
	}
	for class, n := range counts {
		if want := (100 + 10*class) / 5; n != want {
			t.Errorf("%d images of class %d are held out, want %d", n, class, want)
		}
	}
}

func TestSplitDependsOnTheSeed(t *testing.T) {
	_, a, _ := fashion.Split(labels(), 0.2, 0, 1)
	_, b, _ := fashion.Split(labels(), 0.2, 0, 1)
	_, c, _ := fashion.Split(labels(), 0.2, 0, 2)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the same seed must give the same split, another seed another")
	}
}

func TestSplitRefusesWhatLeavesASplitEmpty(t *testing.T) {
	for _, fraction := range []float64{0, 1, -1, 0.001, 0.9999} {
		if _, _, err := fashion.Split(labels(), fraction, 0, 1); err == nil {
			t.Errorf("a fraction of %v was accepted", fraction)
		}
	}
}

func TestLimitedSplitsKeepTheClassProportions(t *testing.T) {
	all := labels()
	train, validation, err := fashion.Split(all, 0.2, len(all)/2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(train)+len(validation) != len(all)/2 {
		t.Errorf("%d and %d images, want %d in both", len(train), len(validation), len(all)/2)
	}
	var inTrain, inValidation [fashion.NumClasses]float64
	for _, p := range train {
		inTrain[all[p]]++
	}
	for _, p := range validation {
		inValidation[all[p]]++
	}
	for class := range inTrain {
		n := float64(100+10*class) / 2
		if got, want := inTrain[class], 0.8*n; math.Abs(got-want) > 1 {
			t.Errorf("%v training images of class %d, want about %v", got, class, want)
		}
		if got, want := inValidation[class], 0.2*n; math.Abs(got-want) > 1 {
			t.Errorf("%v validation images of class %d, want about %v", got, class, want)
		}
	}
}

func TestLimitedSplitsAreSubsetsOfLargerOnes(t *testing.T) {
	contains := func(t *testing.T, larger, smaller []int) {
		t.Helper()
		for _, p := range smaller {
			if _, found := slices.BinarySearch(larger, p); !found {
				t.Fatalf("position %d is not in the larger split", p)
			}
		}
	}
	all := labels()
	train, validation, _ := fashion.Split(all, 0.2, 0, 3)
	for _, limit := range []int{len(all), 700, 200, 20} {
		t2, h2, err := fashion.Split(all, 0.2, limit, 3)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, train, t2)
		contains(t, validation, h2)
		train, validation = t2, h2
	}
}

func TestLimitThatCannotBeDividedIsRefused(t *testing.T) {
	all := labels()
	for _, limit := range []int{-1, 1, len(all) + 1} {
		if _, _, err := fashion.Split(all, 0.2, limit, 3); err == nil {
			t.Errorf("a limit of %d images was accepted", limit)
		}
	}
}

// The labels may be those of any data set.
func TestClassThatCannotBeDividedIsNamedByItsNumber(t *testing.T) {
	_, _, err := fashion.Split([]fashion.Label{0, 0, 0, 0, 0, 1}, 0.2, 0, 1)
	if want := "class 1 (0 is the first) has 1 of the images, too few for a validation fraction of 0.2"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}

func TestSomeAreTheFirstOrSpreadOverAll(t *testing.T) {
	for _, c := range []struct {
		n, most int
		spread  bool
		want    []int
	}{{10, 3, false, []int{0, 1, 2}}, {10, 3, true, []int{0, 3, 6}}, {2, 5, true, []int{0, 1}}, {0, 5, true, nil}} {
		if got := fashion.Some(c.n, c.most, c.spread); !slices.Equal(got, c.want) {
			t.Errorf("some %d of %d, spread %v: %v, want %v", c.most, c.n, c.spread, got, c.want)
		}
	}
}
