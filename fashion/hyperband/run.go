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
	Result
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
	m, err := s.Machine()
	if err != nil {
		return State[C]{}, err
	}
	j, err := m.open()
	if err != nil {
		return State[C]{}, err
	}
	err = m.work(j, report, workers)
	return m.state, errors.Join(err, j.close())
}

// work hands trainings to the workers until none are left. After an error it only waits for those under way.
func (m *Machine[C]) work(j *journal, report func(State[C]), workers []Worker[C]) error {
	outcomes := make(chan outcome)
	var idle []int
	for i := range workers {
		idle = append(idle, i)
	}
	var failure error
	before := m.state
	for {
		m.estimate(before, len(workers))
		if report != nil {
			report(m.state)
		}
		for failure == nil && len(idle) > 0 {
			task, ok := m.Next()
			if !ok {
				break
			}
			worker := idle[len(idle)-1]
			idle = idle[:len(idle)-1]
			go func() { outcomes <- task.train(worker, workers[worker], m.search.Retries) }()
		}
		if m.Busy() == 0 {
			return failure
		}
		o := <-outcomes
		idle = append(idle, o.worker)
		delete(m.busy, o.Trial-1)
		if o.err == nil {
			o.err = j.write(o.Result)
		}
		if o.err == nil {
			o.err = m.Record(o.Result)
		}
		failure = errors.Join(failure, o.err)
	}
}

// train has a worker do the task, and tries again after an error that is not ErrFailed.
func (task Task[C]) train(number int, worker Worker[C], retries int) outcome {
	start := time.Now()
	var retried []string
	for {
		result, err := task.Do(worker)
		if err != nil && len(retried) < retries {
			retried = append(retried, err.Error())
			continue
		}
		if err != nil {
			err = fmt.Errorf("trial %d, tried %d times: %w", task.Trial, retries+1, err)
		}
		result.Retried, result.Seconds = retried, time.Since(start).Seconds()
		return outcome{result, number, err}
	}
}

// Do has a worker do the task once. A worker's error that wraps ErrFailed, and a score that is not finite, are results: the trial failed. Any other error is returned.
func (task Task[C]) Do(worker Worker[C]) (r Result, err error) {
	start := time.Now()
	r = Result{Trial: task.Trial, Epochs: task.Epochs}
	if r.Config, err = json.Marshal(task.Config); err != nil {
		return r, err
	}
	scores, err := called(worker, task.Config, task.Epochs)
	if err == nil {
		err = checkScores(scores, task.Epochs)
	}
	r.Seconds = time.Since(start).Seconds()
	switch {
	case errors.Is(err, ErrFailed):
		r.Failed = err.Error()
	case err != nil:
		return r, err
	default:
		r.Scores = scores
	}
	return r, nil
}

// called is what a worker returns; what it panics with is an error, since no caller of Run could recover from it.
func called[C any](worker Worker[C], config C, epochs int) (scores []float64, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("the worker panicked: %v", caught)
		}
	}()
	if worker == nil {
		return nil, errors.New("the worker is nil, want a function that trains")
	}
	return worker(config, epochs)
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

// estimate updates whether the search is done and the time that is left, by the trainings since a state: those before may be another machine's.
func (m *Machine[C]) estimate(since State[C], workers int) {
	m.state.Done = m.finished()
	s := &m.state
	s.Left = 0
	if epochs := s.Epochs - since.Epochs; epochs > 0 && !s.Done {
		s.Left = time.Duration((s.Seconds - since.Seconds) / float64(epochs) * float64(s.Planned-s.Epochs) / float64(workers) * float64(time.Second))
	}
}
