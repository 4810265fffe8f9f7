package hyperband

import (
	"errors"
	"fmt"
)

// Worker trains a configuration up to a number of epochs, counted from the start of its training, and returns the objective after each of them;
// larger is better. It resumes where the last training of the same configuration stopped, by whichever worker, and repeats no epoch. After an
// error that wraps ErrFailed the trial fails and leaves its bracket. Any other error is taken for a passing one, such as a full disk: the training
// is tried again, and the search ends with the error if it persists.
type Worker[C any] func(config C, epochs int) ([]float64, error)

// ErrFailed is wrapped by the error of a worker whose configuration cannot be trained, such as one whose loss is NaN.
var ErrFailed = errors.New("this configuration cannot be trained")

// Search is everything that decides what a search finds.
type Search[C comparable] struct {
	Brackets []Bracket
	Space    Space[C]
	Base     C      // the configuration in which the parameters of the space are set
	Seed     uint64 // of the draws
	// Configurations, if not nil, are trained instead of drawn ones: those of the first bracket, in its order, then those of the next.
	Configurations []C

	// Journal is the file that records the measurements, from which an interrupted search resumes; "" records nothing. Only one process may use
	// it at a time.
	Journal string
	Retries int // how often a training is tried again after an error that is not ErrFailed
}

func (s Search[C]) check() error {
	if len(s.Brackets) == 0 {
		return errors.New("the search has no brackets")
	}
	for _, b := range s.Brackets {
		if len(b.Rungs) == 0 {
			return fmt.Errorf("a bracket of the search (s = %d) has no rungs", b.S)
		}
		for i, r := range b.Rungs {
			if r.Trials < 1 || r.Epochs < 1 || i > 0 && r.Epochs < b.Rungs[i-1].Epochs {
				return fmt.Errorf("rung %d of a bracket (s = %d) has %d trials and %d epochs, want 1 or more, and no fewer epochs than before", i, b.S, r.Trials, r.Epochs)
			}
		}
	}
	if s.Configurations != nil {
		if want := Cost(s.Brackets).Trials; len(s.Configurations) != want {
			return fmt.Errorf("the search has %d configurations, want %d", len(s.Configurations), want)
		}
		return nil
	}
	return s.Space.check()
}
