package session

import "fmt"

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

// DivergedError is a training in which something is not finite any more.
type DivergedError struct {
	What         string // such as "loss"
	Value        float64
	Step, Epoch  int // 1 for the first; the last step that was begun
	LearningRate float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%s is %v at step %d (epoch %d) with learning rate %g; what was saved before is kept; choose a lower rate",
		e.What, e.Value, e.Step, e.Epoch, e.LearningRate)
}
