package metrics_test

import (
	"cmp"
	"slices"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
)

func TestSuspectsAreThoseOfThePapersFormulas(t *testing.T) {
	r, members := recorded(t)
	for m, p := range members {
		var rows []int
		for i, s := range metrics.Suspects(p) {
			rows = append(rows, s.Row)
			if s.Index != p.Indices[s.Row] || s.Label != p.Labels[s.Row] || s.Likely == s.Label {
				t.Errorf("suspect %d is %+v", i, s)
			}
			row := p.Probabilities[s.Row]
			near(t, "margin", s.Margin, float64(row[s.Likely])-float64(row[s.Label]), 0)
		}
		if !slices.Equal(rows, r.Recorded.Suspects[m]) {
			t.Errorf("suspects of member %d are %v, want %v", m, rows, r.Recorded.Suspects[m])
		}
	}
}

func TestAFlippedLabelIsTheFirstSuspect(t *testing.T) {
	p := drawn(1000, 6, 1)
	sure := metrics.LeastConfident(p)
	row := sure[len(sure)-1]
	truth := p.Labels[row]
	p.Labels[row] = (truth + 4) % fashion.NumClasses
	got := metrics.Suspects(p)
	if len(got) == 0 || got[0].Row != row || got[0].Index != p.Indices[row] || got[0].Label != p.Labels[row] || got[0].Likely != truth {
		t.Fatalf("suspects are %+v, want image %d first", got, row)
	}
	if !slices.IsSortedFunc(got, func(a, b metrics.Suspect) int { return cmp.Compare(b.Margin, a.Margin) }) {
		t.Errorf("suspects are out of order: %+v", got)
	}
}

// By hand: the thresholds of classes 0 and 1 are 0.9, 0.5 and 0.4 in the mean, 0.6, and 0.3 and 0.5 in the mean, 0.4.
func TestSuspectsCompareEachClassWithItsThreshold(t *testing.T) {
	p := predictions([]int{0, 0, 0, 1, 1}, [][fashion.NumClasses]float32{{0.9, 0.1}, {0.5, 0.45}, {0.4, 0.3}, {0.2, 0.3}, {0.5, 0.5}})
	got := metrics.Suspects(p)
	if len(got) != 1 || got[0].Row != 1 || got[0].Label != 0 || got[0].Likely != 1 {
		t.Fatalf("suspects are %+v, want row 1 alone, likely of class 1", got)
	}
	near(t, "margin", got[0].Margin, -0.05, 1e-7)
}

func TestLeastConfidentHoldsTheCorrectlyClassifiedInOrderOfConfidence(t *testing.T) {
	p := predictions([]int{0, 1, 0, 2, 1}, [][fashion.NumClasses]float32{{0.9, 0.1}, {0.6, 0.4}, {0.5, 0.4}, {0.1, 0.2, 0.7}, {0.3, 0.7}})
	if got := metrics.LeastConfident(p); !slices.Equal(got, []int{2, 3, 4, 0}) {
		t.Errorf("rows are %v, want 2 3 4 0", got)
	}
}
