package hyperband

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// outcome is the result of one training by a worker.
type outcome struct {
	event
	worker int
	err    error // of the last attempt, where all attempts returned errors
}

// Run runs a search, or resumes it, until every bracket is finished. Neither the number of workers nor interruptions change what it finds. report,
// if not nil, is called before the first training and after each, always from the calling goroutine.
//
// If a training still returns an error other than ErrFailed after Retries more attempts, the search ends with it when the other trainings under way are completed. The
// same call resumes the search from its journal.
func (s Search[C]) Run(report func(State[C]), workers ...Worker[C]) (State[C], error) {
	if len(workers) == 0 {
		return State[C]{}, errors.New("the search has no workers")
	}
	w, err := s.begin()
	if err != nil {
		return State[C]{}, err
	}
	j, err := w.open()
	if err != nil {
		return State[C]{}, err
	}
	err = w.work(j, report, workers)
	return w.state, errors.Join(err, j.close())
}

// work hands trainings to the workers until none are left. After an error it only waits for those under way.
func (w *execution[C]) work(j *journal, report func(State[C]), workers []Worker[C]) error {
	outcomes := make(chan outcome)
	var idle []int
	for i := range workers {
		idle = append(idle, i)
	}
	var failure error
	for {
		w.estimate(len(workers))
		if report != nil {
			report(w.state)
		}
		for failure == nil && len(idle) > 0 {
			i, epochs, ok := w.next()
			if !ok {
				break
			}
			owner, worker := w.owner(i), idle[len(idle)-1]
			idle = idle[:len(idle)-1]
			w.busy[owner], w.state.Trials[i].Status = true, Training
			t := w.state.Trials[owner]
			go func() { outcomes <- train(t, epochs, worker, workers[worker], w.Retries) }()
		}
		if len(w.busy) == 0 {
			return failure
		}
		o := <-outcomes
		idle = append(idle, o.worker)
		delete(w.busy, o.Trial-1)
		if o.err == nil {
			o.err = j.write(o.event)
		}
		if o.err != nil {
			failure = errors.Join(failure, o.err)
			continue
		}
		w.record(o.event)
	}
}

// train has a worker train a trial, and tries again after an error that is not ErrFailed.
func train[C any](t Trial[C], epochs, number int, worker Worker[C], retries int) (o outcome) {
	start := time.Now()
	o = outcome{event: event{Trial: t.ID, Epochs: epochs}, worker: number}
	defer func() { o.Seconds = time.Since(start).Seconds() }()
	if o.Config, o.err = json.Marshal(t.Config); o.err != nil {
		return o
	}
	for {
		scores, err := worker(t.Config, epochs)
		if err == nil {
			err = checkScores(scores, epochs)
		}
		switch {
		case err == nil:
			o.Scores = scores
			return o
		case errors.Is(err, ErrFailed):
			o.Failed = err.Error()
			return o
		case len(o.Retried) == retries:
			o.err = fmt.Errorf("trial %d, tried %d times: %w", t.ID, retries+1, err)
			return o
		}
		o.Retried = append(o.Retried, err.Error())
	}
}

// checkScores checks that a worker returned a finite score for each epoch.
func checkScores(scores []float64, epochs int) error {
	if len(scores) != epochs {
		return fmt.Errorf("the worker returned %d scores for %d epochs", len(scores), epochs)
	}
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return fmt.Errorf("the score of epoch %d is %v: %w", i+1, s, ErrFailed)
		}
	}
	return nil
}

// estimate updates whether the search is done and the time that is left.
func (w *execution[C]) estimate(workers int) {
	s := &w.state
	s.Done = w.finished()
	s.Left = 0
	if s.Epochs > 0 && !s.Done {
		s.Left = time.Duration(s.Seconds / float64(s.Epochs) * float64(s.Planned-s.Epochs) / float64(workers) * float64(time.Second))
	}
}
