package session

import (
	"testing"
	"time"
)

func TestThroughputLeavesOutWhatIsBetweenTwoEpochs(t *testing.T) {
	var speed throughput
	now := time.Unix(1, 0)
	step := func(pause time.Duration) (report bool) {
		began := now.Add(pause)
		now = began.Add(100 * time.Millisecond)
		return speed.add(2, began, now)
	}
	var reports []bool
	for _, pause := range []time.Duration{time.Minute, 0, 0, time.Second} { // to compile, and to validate
		reports = append(reports, step(pause))
	}
	training, all := speed.perStep()
	if training != 50*time.Millisecond || all != 1300*time.Millisecond/6 {
		t.Errorf("a step takes %v of training and %v in all, want 50ms and 216.7ms", training, all)
	}
	if want := [4]bool{true, false, true, true}; [4]bool(reports) != want {
		t.Errorf("the reports are %v, want %v", reports, want)
	}
}
