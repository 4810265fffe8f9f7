package hyperband

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// outcome is what a worker's training came to.
type outcome struct {
	event
	worker int
	err    error // an outside trouble that stayed
}

// Run searches, or goes on with a search, until every bracket is at its end. Its outcome does not depend on the number of
// workers, nor on interruptions. report, if not nil, is called after each training, always from the calling goroutine.
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

// work gives trainings to the workers until there are none. After a trouble it waits for those that are under way.
func (w *searching[C]) work(j *journal, report func(State[C]), workers []Worker[C]) error {
	outcomes := make(chan outcome)
	var idle []int
	for i := range workers {
		idle = append(idle, i)
	}
	var trouble error
	for {
		w.estimate(len(workers))
		if report != nil {
			report(w.state)
		}
		for trouble == nil && len(idle) > 0 {
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
			return trouble
		}
		o := <-outcomes
		idle = append(idle, o.worker)
		delete(w.busy, o.Trial-1)
		if o.err == nil {
			o.err = j.write(o.event)
		}
		if o.err != nil {
			trouble = errors.Join(trouble, o.err)
			continue
		}
		w.take(o.event)
	}
}

// train has a worker train a trial, again after an outside trouble.
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
		case errors.Is(err, ErrLost):
			o.Lost = err.Error()
			return o
		case len(o.Retried) == retries:
			o.err = fmt.Errorf("trial %d, tried %d times: %w", t.ID, retries+1, err)
			return o
		}
		o.Retried = append(o.Retried, err.Error())
	}
}

// checkScores reports an answer of a worker that is no measurement.
func checkScores(scores []float64, epochs int) error {
	if len(scores) != epochs {
		return fmt.Errorf("the worker returned %d scores for %d epochs", len(scores), epochs)
	}
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return fmt.Errorf("the score of epoch %d is %v: %w", i+1, s, ErrLost)
		}
	}
	return nil
}

// estimate brings the totals of the state up to date.
func (w *searching[C]) estimate(workers int) {
	s := &w.state
	s.Done = w.finished()
	s.Left = 0
	if s.Epochs > 0 && !s.Done {
		s.Left = time.Duration(s.Seconds / float64(s.Epochs) * float64(s.Planned-s.Epochs) / float64(workers) * float64(time.Second))
	}
}
