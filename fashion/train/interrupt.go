package train

import (
	"errors"
	"fmt"
	"slices"
)

// InterruptedError is a training that stopped because its context ended. What was saved before is kept: the same call resumes after the
// last finished epoch and ends as if it had not been interrupted.
type InterruptedError struct {
	Epoch int   // under way, 1 for the first; 0 if nothing had been read yet
	Err   error // the context's
}

func (e *InterruptedError) Error() string {
	switch e.Epoch {
	case 0:
		return "interrupted before the training began"
	case 1:
		return "interrupted in epoch 1; no epoch is finished, so that the run begins anew"
	}
	return fmt.Sprintf("interrupted in epoch %d; the run resumes after epoch %d", e.Epoch, e.Epoch-1)
}

func (e *InterruptedError) Unwrap() error { return e.Err }

// InterruptedSearchError is a search that stopped because its context ended. What was measured before is kept, and so are the finished epochs of the trainings
// that were under way.
type InterruptedSearchError struct {
	Dir             string
	Epochs, Planned int   // of all trials: in the journal, and in all
	Err             error // the context's
}

func (e *InterruptedSearchError) Error() string {
	return fmt.Sprintf("%s: interrupted after %d of %d epochs; the search resumes there", e.Dir, e.Epochs, e.Planned)
}

func (e *InterruptedSearchError) Unwrap() error { return e.Err }

// interrupted reports, before a step of an epoch, that the training is to stop.
func (f *fitting) interrupted(epoch int) error {
	if err := f.ctx.Err(); err != nil {
		return &InterruptedError{epoch, err}
	}
	return nil
}

// onlyInterrupted reports whether interrupted trainings are all that an error tells of.
func onlyInterrupted(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !onlyInterrupted(e) })
	}
	var interrupted *InterruptedError
	return errors.As(err, &interrupted)
}
