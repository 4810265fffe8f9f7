package steploop_test

import (
	"testing"

	"fashionlab/fashion/internal/steploop"
	"fashionlab/fashion/layers"
)

func TestExecutionsOnAGPUHaveSeveralStepsOfWhichFewDoNothing(t *testing.T) {
	for steps, want := range map[int]int{1: 1, 8: 8, 30: 30, 33: 17, 750: 30, 188: 27, 375: 25, 929: 31, 1500: 30} {
		if got := steploop.LengthFor(layers.ForGPU, steps); got != want {
			t.Errorf("of %d steps an execution has %d, want %d", steps, got, want)
		}
		if one := steploop.LengthFor(layers.ForCPU, steps); one != 1 {
			t.Errorf("on the CPU an execution has %d", one)
		}
	}
}
