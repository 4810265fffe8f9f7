package metrics_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// uniform are predictions for n images, whose indices are multiples of 3.
func uniform(n int) run.Predictions {
	var p run.Predictions
	for i := range n {
		var row [fashion.NumClasses]float32
		row[i%3] = 1
		p.Indices, p.Labels, p.Probabilities = append(p.Indices, int32(3*i)), append(p.Labels, fashion.Label(i%2)), append(p.Probabilities, row[:])
	}
	return p
}

func TestPredictionsForOtherImagesAreNamedByPosition(t *testing.T) {
	p := uniform(300)
	index, label, rows := p, p, p
	index.Indices, label.Labels, rows.Probabilities = slices.Clone(p.Indices), slices.Clone(p.Labels), p.Probabilities[1:]
	index.Indices[7], label.Labels[8] = 999, (p.Labels[8]+1)%fashion.NumClasses
	for name, c := range map[string]struct {
		other run.Predictions
		got   string
	}{
		"fewer images":  {p.Without([]int32{6}), "299 labels"},
		"another index": {index, "index 999 in row 7"},
		"another label": {label, "in row 8"},
		"fewer rows":    {rows, "299 rows"},
	} {
		err := metrics.SameImages(p, p, c.other)
		var e *metrics.ImagesError
		if !errors.As(err, &e) || e.Position != 2 || !strings.Contains(e.Got, c.got) || e.Want == "" {
			t.Errorf("%s: error is %v, want predictions 2 with %q", name, err, c.got)
		}
	}
	err := metrics.SameImages(p, index)
	if want := "predictions 1, counted from 0: got index 999 in row 7, want index 21; "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %q, want %q and what to do", err, want)
	}
	if err := metrics.SameImages(p, p); err != nil {
		t.Error(err)
	}
}
