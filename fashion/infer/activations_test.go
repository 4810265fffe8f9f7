package infer_test

import (
	"slices"
	"testing"
)

func TestTheLastActivationsAreTheLogits(t *testing.T) {
	m, set := explained(t) // more images than a batch
	list, err := m.Activations(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := m.Logits(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	last := list[len(list)-1]
	if !slices.Equal(last.Shape, []int{set.Len(), len(logits[0])}) || len(last.Values) != set.Len()*len(logits[0]) {
		t.Fatalf("the last activation has the shape %v and %d values, want the logits of %d images", last.Shape, len(last.Values), set.Len())
	}
	for i, row := range logits {
		for class, want := range row {
			if got := last.Values[i*len(row)+class]; !near(got, want) {
				t.Errorf("image %d, class %d: the last activation is %v, want the logit %v", i, class, got, want)
			}
		}
	}
}

func near(a, b float32) bool { return a-b < 1e-4 && b-a < 1e-4 }

func TestAnUnknownParameterIsAnError(t *testing.T) {
	m, _ := explained(t)
	if _, _, err := m.Parameter("no/kernel"); err == nil {
		t.Error("a parameter that is not there was returned")
	}
}
