package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	runWorkflow = "Run"
	fitActivity = "Fit"
)

// Run is a run to be trained to its end.
type Run[C comparable] struct {
	Name   string `json:"name"`
	Epochs int    `json:"epochs"`
	Recipe C      `json:"recipe"`
}

// Prefix is where the run's artifacts are.
func (r Run[C]) Prefix() (string, error) {
	data, err := json.Marshal(r)
	sum := sha256.Sum256(data)
	return fmt.Sprintf("runs/%x", sum[:16]), err
}

// Run is the workflow that trains a run.
func (s Searches[C]) Run(ctx workflow.Context, r Run[C]) error {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, s.Timing.activity()), fitActivity, r).Get(ctx, nil)
}

// FitRun is the activity that trains a run. It resumes after the last epoch that the bucket has, and saves each.
func (t Trials[C]) FitRun(ctx context.Context, r Run[C]) error {
	prefix, err := r.Prefix()
	if err != nil {
		return err
	}
	dir := filepath.Join(t.Dir, filepath.FromSlash(r.Name))
	return t.resume(ctx, prefix, dir, Beat{Run: r.Name, Epochs: r.Epochs}, func(ctx context.Context, progress func(int)) (int, error) {
		return r.Epochs, t.Fit(ctx, r.Name, r.Recipe, progress)
	})
}

// Train has workers train runs, and calls ended for each that is in the bucket. When the context ends, the trainings continue without us; the same call follows them again.
func (c *Client[C]) Train(ctx context.Context, runs []Run[C], ended func(Run[C]) error) error {
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	var kind Kind
	var failed error
	for len(runs) > 0 {
		var err error
		if kind.Revision == "" {
			kind, err = c.choose(ctx)
		}
		var left []Run[C]
		var doing []Doing
		for i, r := range runs {
			if err != nil {
				left = append(left, runs[i:]...)
				break
			}
			var over bool
			var of []Doing
			over, of, err = c.ensure(ctx, kind, r)
			doing = append(doing, of...)
			switch lost := (*fatalError)(nil); {
			case over:
				failed = errors.Join(failed, ended(r))
			case errors.As(err, &lost):
				failed, err = errors.Join(failed, fmt.Errorf("%s: %w", r.Name, lost.error)), nil
			default:
				left = append(left, r)
			}
		}
		runs = left
		if fatal := (*fatalError)(nil); errors.As(err, &fatal) {
			return errors.Join(failed, fatal.error)
		}
		if ctx.Err() != nil {
			return errors.Join(failed, fmt.Errorf("the trainings continue on the cluster; the same command follows them again: %w", ctx.Err()))
		}
		if err != nil {
			c.say(err.Error())
		} else if c.Doing != nil {
			c.Doing(doing)
		}
		if len(runs) > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(c.Interval):
			}
		}
	}
	return failed
}

// choose chooses the kind of workers.
func (c *Client[C]) choose(ctx context.Context) (Kind, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	kinds, err := presentKinds(ctx, c.Temporal)
	if err != nil {
		return Kind{}, fmt.Errorf("the server does not answer: %w", err)
	}
	kind, err := choose(withBucket(kinds, c.Bucket), c.Revision, c.Kind)
	if errors.Is(err, errNoWorkers) && len(kinds) > 0 {
		err = fmt.Errorf("%w with this bucket (%.12s); there are workers with others, which -bucket may name:%s", err, c.Bucket, listed(kinds))
	}
	if err != nil && !errors.Is(err, errNoWorkers) {
		err = &fatalError{err}
	}
	return kind, err
}

// withBucket are the kinds that have a bucket; all of them for none.
func withBucket(kinds []presentKind, bucket string) []presentKind {
	return slices.DeleteFunc(slices.Clone(kinds), func(k presentKind) bool { return bucket != "" && k.Bucket != bucket })
}

// ensure starts the workflow of a run, unless it was started, and reports whether it is over.
func (c *Client[C]) ensure(ctx context.Context, kind Kind, r Run[C]) (over bool, doing []Doing, err error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	prefix, err := r.Prefix()
	if err != nil {
		return false, nil, &fatalError{err}
	}
	id := filepath.Base(prefix) + "-" + kind.Queue()
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if notFound(err) {
		_, err = c.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: id, TaskQueue: kind.Queue(), Memo: map[string]any{kindMemo: kind},
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, WorkflowExecutionErrorWhenAlreadyStarted: true,
		}, runWorkflow, r)
		if started := (*serviceerror.WorkflowExecutionAlreadyStarted)(nil); errors.As(err, &started) {
			err = nil // by another client
		}
		return false, nil, err
	}
	if err != nil {
		return false, nil, fmt.Errorf("the server does not answer: %w", err)
	}
	doing, trouble := doingOf(d)
	if trouble != "" {
		c.say(r.Name + ": " + trouble)
	}
	switch status := d.GetWorkflowExecutionInfo().GetStatus(); status {
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return true, nil, nil
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return false, doing, nil
	default:
		return false, nil, &fatalError{fmt.Errorf("the training has ended, %v: %w", status, c.Temporal.GetWorkflow(ctx, id, "").Get(ctx, nil))}
	}
}
