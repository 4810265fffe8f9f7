package fashion_test

import (
	"testing"

	"fashionlab/fashion"
)

func TestQuarterTurnsAreCounterClockwiseAndLabelled(t *testing.T) {
	var first, second fashion.Image
	first[1] = 200                 // the first row's second pixel
	second[fashion.Pixels-1] = 100 // the last row's last
	turned := fashion.Set{Images: []fashion.Image{first, second}, Labels: []fashion.Label{7, 8}}.QuarterTurns()
	if turned.Len() != 8 || len(turned.Labels) != 8 {
		t.Fatalf("two images become %d with %d labels, want 8", turned.Len(), len(turned.Labels))
	}
	const side, last = fashion.Side, fashion.Side - 1
	for i, want := range []int{1, (last - 1) * side, last*side + last - 1, side + last, last*side + last, last, 0, last * side} {
		if turned.Labels[i] != fashion.Label(i%4) {
			t.Errorf("image %d has the label %d, want %d", i, turned.Labels[i], i%4)
		}
		lit := 0
		for place, v := range turned.Images[i] {
			if v != 0 {
				lit++
				if place != want {
					t.Errorf("image %d is lit at %d, want %d", i, place, want)
				}
			}
		}
		if lit != 1 {
			t.Errorf("image %d has %d lit pixels, want 1", i, lit)
		}
	}
}
