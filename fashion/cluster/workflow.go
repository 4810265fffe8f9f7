package cluster

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"fashionlab/fashion/hyperband"
)

// Names by which Temporal knows workflows, activities and queries.
const (
	searchWorkflow = "Search"
	trainActivity  = "Train"
	keepActivity   = "Keep"
	newsQuery      = "news"
)

// Timing is how long things may take. The zero value has the usual times.
type Timing struct {
	Training  time.Duration // of a trial, up to its rung; 24 h
	Heartbeat time.Duration // after so long without a sign of life a worker is taken for lost; 60 s
	Silence   time.Duration // after so long without progress a worker gives no more signs of life; 10 min, because compiling is silent
}

func (t Timing) filled() Timing {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&t.Training, 24 * time.Hour}, {&t.Heartbeat, time.Minute}, {&t.Silence, 10 * time.Minute}} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	return t
}

// activity is how activities are timed and tried again, for ever.
func (t Timing) activity() workflow.ActivityOptions {
	t = t.filled()
	return workflow.ActivityOptions{
		StartToCloseTimeout: t.Training, HeartbeatTimeout: t.Heartbeat,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	}
}

// Searches is the workflow that does a search.
type Searches[C comparable] struct {
	Build  func(Spec) (hyperband.Search[C], error) // the search that is named
	Timing Timing
	// Longest is after how many results the workflow begins a new history; 5,000 if it is 0. Temporal allows 51,200 entries, and a result makes six.
	Longest int
}

// Job is the training of a trial up to a rung: the input of an activity.
type Job[C comparable] struct {
	Search string            `json:"search"` // its digest
	Task   hyperband.Task[C] `json:"task"`
	Over   []int             `json:"over,omitempty"` // trials that ended since the job before, whose checkpoints nobody needs
}

// News is what happened in a search since some event.
type News struct {
	Events []Event `json:"events"`
	Done   bool    `json:"done"` // there will be no more events
}

// mostNews is how many events an answer has at most, and mostAhead how many trainings wait for workers at once: Temporal allows 2,000.
const (
	mostNews  = 2000
	mostAhead = 300
)

// Search does a search. Its answer is the number of its results, which News has.
func (s Searches[C]) Search(ctx workflow.Context, o Order) (int, error) {
	l, err := s.begin(o)
	if err != nil { // which no repetition mends
		return 0, temporal.NewNonRetryableApplicationError(err.Error(), "order", err)
	}
	err = workflow.SetQueryHandler(ctx, newsQuery, func(since int) (News, error) {
		since = min(max(since, 0), len(l.events))
		events := l.events[since:min(len(l.events), since+mostNews)]
		return News{events, l.State().Done && since+len(events) == len(l.events)}, nil
	})
	if err != nil {
		return 0, err
	}
	ctx = workflow.WithActivityOptions(ctx, s.Timing.activity())
	if err := s.work(ctx, o, l); err != nil {
		return 0, err
	}
	if !l.State().Done { // the history is long
		o.Done = l.events
		return 0, workflow.NewContinueAsNewError(ctx, searchWorkflow, o)
	}
	return len(l.events), workflow.ExecuteActivity(ctx, keepActivity, Kept{o.Spec, o.Search, l.events}).Get(ctx, nil)
}

// begin builds the search that was ordered.
func (s Searches[C]) begin(o Order) (*ledger[C], error) {
	search, err := s.Build(o.Spec)
	if err != nil {
		return nil, err
	}
	l, err := newLedger(search, o.Done)
	if err != nil {
		return nil, err
	}
	digest, err := search.Digest()
	if err != nil {
		return nil, err
	}
	trials, err := digestTrials(l.State())
	if err != nil {
		return nil, err
	}
	if digest != o.Search || trials != o.Trials {
		return nil, fmt.Errorf("this worker builds another search for %+v than the one that was ordered; client and workers need the same source code", o.Spec)
	}
	return l, nil
}

// underWay is a job that a worker has or will have.
type underWay struct {
	trial  int
	future workflow.Future
}

// work has trainings done until the search is, or its history is long.
func (s Searches[C]) work(ctx workflow.Context, o Order, l *ledger[C]) error {
	longest := s.Longest
	if longest == 0 {
		longest = 5000
	}
	longest += len(l.events)
	var jobs []underWay
	var ended hyperband.Ended[C]
	for {
		for len(jobs) < mostAhead && len(l.events)+len(jobs) < longest {
			task, ok := l.Next()
			if !ok {
				break
			}
			job := Job[C]{o.Search, task, ended.Since(l.State())}
			jobs = append(jobs, underWay{task.Trial, workflow.ExecuteActivity(ctx, trainActivity, job)})
		}
		if len(jobs) == 0 {
			return nil
		}
		ready := func(j underWay) bool { return j.future.IsReady() }
		if err := workflow.Await(ctx, func() bool { return slices.ContainsFunc(jobs, ready) }); err != nil {
			return err
		}
		for _, j := range jobs {
			if !ready(j) {
				continue
			}
			var r hyperband.Result
			if err := j.future.Get(ctx, &r); err != nil { // canceled, or a job that nobody can do
				return fmt.Errorf("trial %d: %w", j.trial, err)
			}
			if err := l.record(r); err != nil {
				return temporal.NewNonRetryableApplicationError(err.Error(), "result", err)
			}
		}
		jobs = slices.DeleteFunc(jobs, ready)
	}
}
