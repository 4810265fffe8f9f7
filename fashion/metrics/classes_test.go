package metrics_test

import (
	"fmt"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// ofClasses are predictions of a data set of n classes, two images each: the first correct with 0.6, the second taken for the next class with 0.7.
func ofClasses(n int) run.Predictions {
	p := run.Predictions{Probabilities: run.NewRows(2*n, n)}
	for i := range 2 * n {
		class, row := i/2, p.Probabilities[i]
		p.Indices, p.Labels = append(p.Indices, int32(i)), append(p.Labels, fashion.Label(class))
		if i%2 == 0 {
			row[class], row[(class+1)%n] = 0.6, 0.4
		} else {
			row[class], row[(class+1)%n] = 0.3, 0.7
		}
	}
	for class := range n {
		p.Classes = append(p.Classes, fmt.Sprintf("class %d", class))
	}
	return p
}

func TestAnyNumberOfClassesIsMeasured(t *testing.T) {
	for _, n := range []int{2, 3, 47, 1000} {
		p := ofClasses(n)
		c := metrics.NewConfusion(p)
		if c.Total() != 2*n || len(c.ByClass()) != n || metrics.Accuracy(p).Value != 0.5 {
			t.Errorf("%d classes: %d images, %d scores, accuracy %v", n, c.Total(), len(c.ByClass()), metrics.Accuracy(p))
		}
		near(t, "macro F1", c.MacroF1(), 0.5, 1e-12)
		tempered := metrics.Tempered(p, metrics.Temperature(p))
		if tempered.Correct() != n || tempered.NumClasses() != n || tempered.Classes.Name(1) != "class 1" {
			t.Errorf("%d classes: tempered they are %d correct of %d classes", n, tempered.Correct(), tempered.NumClasses())
		}
		if list := metrics.Errors(p); len(list) != n {
			t.Errorf("%d classes: %d errors, want %d", n, len(list), n)
		}
		metrics.Suspects(p)
	}
}

func TestTheHardestClassesKeepTheirNamesAndCounts(t *testing.T) {
	c := metrics.NewConfusion(ofClasses(47))
	c.Counts[30][30], c.Counts[12][12] = 0, 0
	h := c.Hardest(2)
	if len(h.Counts) != 2 || h.Classes[0] != "class 12" || h.Classes[1] != "class 30" || h.Total() != 0 {
		t.Errorf("the hardest two are %+v", h)
	}
	if all := c.Hardest(47); all.Total() != c.Total() {
		t.Errorf("all classes have %d images, want %d", all.Total(), c.Total())
	}
}

func TestPredictionsOfOtherClassesAreNotCompared(t *testing.T) {
	a, b := ofClasses(3), ofClasses(3)
	for i := range b.Probabilities {
		b.Probabilities[i] = append(b.Probabilities[i], 0)
	}
	if err := metrics.SameImages(a, b); err == nil {
		t.Error("predictions of 3 and of 4 classes are taken for comparable")
	}
}
