package infer_test

import (
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
)

func TestSetWhosePartsDoNotBelongTogetherIsNotClassified(t *testing.T) {
	m, err := infer.Reference()
	if err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]fashion.Set{
		"has Pictures and no Shape": {Pictures: []fashion.Picture{make(fashion.Picture, 10)}},
		"3 labels for 2 images":     {Images: make([]fashion.Image, 2), Labels: make([]fashion.Label, 3)},
		"label 1 is 99":             {Images: make([]fashion.Image, 2), Labels: []fashion.Label{0, 99}},
	} {
		if _, err := m.Predict(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if p, err := m.Predict(fashion.Set{Images: make([]fashion.Image, 2)}); err != nil || len(p.Probabilities) != 2 || len(p.Labels) != 0 {
		t.Errorf("without labels: %d rows and %d labels (%v)", len(p.Probabilities), len(p.Labels), err)
	}
}
