package claims

import (
	"fmt"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// ReplayedVerdict is the verdict on Hyperband from recorded learning curves of the CNN.
type ReplayedVerdict struct {
	Verdict           Verdict
	Recorded, Planned int            // learning curves
	Replays           *study.Replays // nil without all of them
}

// Hyperband judges the claim that Hyperband balances resources and training time, by the learning curves that a store has: with the same budget it must find a more accurate configuration than random
// search. The verdict is confirmed if the 95% interval of what it gains lies above 0, contradicted if it lies below, and not tested here until all curves are recorded.
func Hyperband(store run.Store) (v ReplayedVerdict, err error) {
	r, planned, err := study.Recorded("cnn", study.Full, store)
	v = ReplayedVerdict{Verdict: NotTested, Recorded: len(r.Curves), Planned: planned}
	if err != nil || v.Recorded < planned {
		return v, err
	}
	replays, err := study.Replay(r, study.ReplayBudget.R, study.ReplayBudget.Eta)
	if err != nil {
		return v, err
	}
	v.Replays = &replays
	v.Verdict = verdictOf(replays.Saved[len(replays.Saved)-1].Interval, 0)
	return v, nil
}

// String says the verdict and what it rests on.
func (v ReplayedVerdict) String() string {
	if v.Replays == nil {
		return fmt.Sprintf("%s: %d of %d learning curves are recorded. This records the others: go run ./kernel-setup search -curves -profile %s", v.Verdict, v.Recorded, v.Planned, study.Full)
	}
	saved := v.Replays.Saved[len(v.Replays.Saved)-1]
	return fmt.Sprintf("%s: the accuracy of the configuration that %s finds, less that of %s, is %s (95%% interval over %d configurations, by the bootstrap)",
		v.Verdict, saved.Name, v.Replays.Strategies[0].Name, saved.Signed(), v.Replays.Configurations)
}
