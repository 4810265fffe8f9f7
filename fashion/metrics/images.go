package metrics

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// ImagesError reports predictions that are not for the same images as the first of a list.
type ImagesError struct {
	Position  int // of the predictions in the list, from 0
	Got, Want string
}

func (e *ImagesError) Error() string {
	return fmt.Sprintf("predictions %d, counted from 0: got %s, want %s; all need the same images in the same order", e.Position, e.Got, e.Want)
}

// SameImages returns an *ImagesError unless all predictions have the images and the labels of the first, in its order. A label beyond the classes and a probability that is not a number are errors, too.
func SameImages(list ...run.Predictions) error {
	for k, p := range list {
		first := list[0]
		n := len(first.Labels)
		if len(p.Labels) != n || len(p.Indices) != n || len(p.Probabilities) != n {
			got := fmt.Sprintf("%d labels, %d indices and %d rows", len(p.Labels), len(p.Indices), len(p.Probabilities))
			return &ImagesError{k, got, fmt.Sprintf("%d of each", n)}
		}
		if got, want := p.NumClasses(), first.NumClasses(); got != want {
			return &ImagesError{k, fmt.Sprintf("%d classes", got), fmt.Sprint(want)}
		}
		for i := range n {
			if got, want := p.Indices[i], first.Indices[i]; got != want {
				return &ImagesError{k, fmt.Sprintf("index %d in row %d", got, i), fmt.Sprintf("index %d", want)}
			}
			if got, want := p.Labels[i], first.Labels[i]; got != want {
				return &ImagesError{k, fmt.Sprintf("label %q in row %d", p.Classes.Name(got), i), fmt.Sprintf("label %q", first.Classes.Name(want))}
			}
			if err := possible(p.Labels[i], p.Probabilities[i], first.NumClasses()); err != nil {
				return fmt.Errorf("predictions %d, row %d, counted from 0: %w", k, i, err)
			}
		}
	}
	return nil
}

// possible reports a row of predictions with a label beyond its classes, or with a probability that is not a number.
func possible(label fashion.Label, row []float32, classes int) error {
	if int(label) >= classes || len(row) != classes {
		return fmt.Errorf("the label is %d and there are probabilities of %d classes, want labels 0 to %d and %d classes", label, len(row), classes-1, classes)
	}
	for class, p := range row {
		if p != p {
			return fmt.Errorf("the probability of class %d is not a number", class)
		}
	}
	return nil
}
