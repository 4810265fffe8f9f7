package fashion_test

import (
	"testing"

	"fashionlab/fashion"
)

func TestRotationTaskRotatesCounterClockwiseAndLabels(t *testing.T) {
	var first, second fashion.Image
	first[1] = 200                 // the first row's second pixel
	second[fashion.Pixels-1] = 100 // the last row's last
	rotated := fashion.Set{Images: []fashion.Image{first, second}, Labels: []fashion.Label{7, 8}}.RotationTask()
	if rotated.Len() != 8 || len(rotated.Labels) != 8 {
		t.Fatalf("two images become %d with %d labels, want 8", rotated.Len(), len(rotated.Labels))
	}
	const side, last = fashion.Side, fashion.Side - 1
	for i, want := range []int{1, (last - 1) * side, last*side + last - 1, side + last, last*side + last, last, 0, last * side} {
		if rotated.Labels[i] != fashion.Label(i%4) {
			t.Errorf("image %d has the label %d, want %d", i, rotated.Labels[i], i%4)
		}
		lit := 0
		for pixel, v := range rotated.Images[i] {
			if v != 0 {
				lit++
				if pixel != want {
					t.Errorf("image %d is lit at %d, want %d", i, pixel, want)
				}
			}
		}
		if lit != 1 {
			t.Errorf("image %d has %d lit pixels, want 1", i, lit)
		}
	}
}
