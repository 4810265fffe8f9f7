package cluster

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Work is what a worker process does.
type Work[C comparable] struct {
	Kind      Kind
	Searches  Searches[C]
	Trials    Trials[C]
	Trainings int           // at once
	Stop      time.Duration // how long a stop waits for the epochs under way
	Say       func(string)  // is told what a person should know
}

// register tells a worker, or a test of one, what it can do.
func (w Work[C]) register(r worker.Registry) {
	r.RegisterWorkflowWithOptions(w.Searches.Search, workflow.RegisterOptions{Name: searchWorkflow})
	r.RegisterWorkflowWithOptions(waitForever, workflow.RegisterOptions{Name: kindWorkflow})
	r.RegisterWorkflowWithOptions(w.Searches.Run, workflow.RegisterOptions{Name: runWorkflow})
	r.RegisterActivityWithOptions(w.Trials.FitRun, activity.RegisterOptions{Name: fitActivity})
	r.RegisterActivityWithOptions(w.Trials.Do, activity.RegisterOptions{Name: trainActivity})
	r.RegisterActivityWithOptions(w.Trials.Keep, activity.RegisterOptions{Name: keepActivity})
}

// Run works until the context ends, then lets the epochs under way end. It waits for a server that is not there.
func (w Work[C]) Run(ctx context.Context, c client.Client) error {
	for said := false; ; said = true {
		err := reachable(ctx, c)
		if err == nil {
			err = announce(ctx, c, w.Kind)
		}
		if err == nil {
			break
		}
		if !said {
			w.Say(fmt.Sprintf("waiting for the server: %v", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
	r := worker.New(c, w.Kind.Queue(), worker.Options{
		MaxConcurrentActivityExecutionSize: w.Trainings, WorkerStopTimeout: w.Stop, MaxHeartbeatThrottleInterval: w.Trials.Timing.filled().Heartbeat / 4,
		DeadlockDetectionTimeout: 30 * time.Second, // the usual second is too short beside trainings on all cores
	})
	w.register(r)
	if err := r.Start(); err != nil {
		return err
	}
	w.Say(fmt.Sprintf("working as %v", w.Kind))
	for told := map[string]bool{}; ctx.Err() == nil; {
		w.look(ctx, c, told)
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
	}
	r.Stop()
	return nil
}

// look announces the worker's kind again, in case the server has lost its database, and says of each search of another kind why this worker takes no work of it, once. A server that is away is
// looked for the next time.
func (w Work[C]) look(ctx context.Context, c client.Client, told map[string]bool) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if announce(ctx, c, w.Kind) != nil {
		return
	}
	searches, err := open(ctx, c, searchWorkflow)
	if err != nil {
		return
	}
	for _, s := range searches {
		if s.Queue() != w.Kind.Queue() && !told[s.ID] {
			told[s.ID] = true
			w.Say(fmt.Sprintf("takes no work of %s, which is for workers of another kind: %s", s.ID, w.Kind.Diff(s.Kind)))
		}
	}
}
