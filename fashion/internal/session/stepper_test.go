package session

import (
	"slices"
	"testing"
)

func TestStepperTimesAsManyStepsAsAskedInExecutionsThatEndWithTheEpoch(t *testing.T) {
	var done [][3]int // position in the epoch, step of all, how many
	s := &Stepper{Together: 4, perEpoch: 10, execute: func(position, step, count int) error {
		done = append(done, [3]int{position, step, count})
		return nil
	}}
	ms, err := s.Time(5)
	if err != nil || len(ms) != 5 {
		t.Fatalf("%d times (%v), want 5", len(ms), err)
	}
	// Three executions to warm up, the epoch's last of two steps; then two, of which the second is not used up.
	if want := [][3]int{{0, 0, 4}, {4, 4, 4}, {8, 8, 2}, {0, 10, 4}, {4, 14, 4}}; !slices.Equal(done, want) {
		t.Errorf("the executions are %v, want %v", done, want)
	}
	if ms[0] != ms[3] {
		t.Errorf("the steps of one execution took %v ms, want its mean for each", ms[:4])
	}
}
