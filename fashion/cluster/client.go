package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"fashionlab/fashion/hyperband"
)

// Client follows a search.
type Client[C comparable] struct {
	Temporal client.Client
	Revision string                   // of the source code
	Bucket   string                   // identity of the bucket that workers must have; "" for any
	Kind     string                   // first letters of the queue of the kind that is asked for; "" for the only one
	Say      func(string)             // is told what a person should know, each thing once
	Report   func(hyperband.State[C]) // is told of progress; may be nil
	Doing    func([]Doing)            // is told now and then what the workers do; may be nil
	Interval time.Duration            // between two looks; 1 s if it is 0

	said  string
	alive bool // the workflow was seen running, or finished
	board board
}

// workflowID is the ID of the workflow that does a search.
func workflowID(search string) string { return "search-" + search }

// Follow starts a search, unless it is under way, and mirrors what is measured into its journal until it is done. It waits for a server or workers that are not there. When the context
// ends, the search continues without us, and the next call resumes where the journal ends. A server that lost its database is told what the journal has. What the workers do stands beside the journal, for those who
// read it meanwhile (hyperband.Search.ReadUnderWay).
func (c *Client[C]) Follow(ctx context.Context, spec Spec, s hyperband.Search[C]) (hyperband.State[C], error) {
	var none hyperband.State[C]
	m, err := s.Mirror()
	if err != nil {
		return none, err
	}
	defer m.Close()            // each line is on the disk
	defer s.WriteUnderWay(nil) // it would not hold for long
	digest, err := s.Digest()
	if err != nil {
		return none, err
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	seen, reached := 0, false
	for {
		state := m.Machine().State()
		if c.Report != nil {
			c.Report(state)
		}
		if state.Done {
			return state, nil
		}
		events, doing, err := c.news(ctx, workflowID(digest), seen)
		if err := c.board.write(s.WriteUnderWay, doing); err != nil {
			c.say(fmt.Sprintf("what the workers do cannot be written: %v", err))
		}
		if notFound(err) || errors.Is(err, errOver) {
			seen = 0
			err = c.start(ctx, spec, s, m.Machine().Results())
		}
		if err == nil {
			c.said, reached = "", true
			err = fatalIf(mirror(m, events))
			seen += len(events)
		}
		if ended := (*fatalError)(nil); errors.As(err, &ended) {
			return m.Machine().State(), ended.error
		}
		if ctx.Err() != nil && !reached {
			return m.Machine().State(), fmt.Errorf("the server did not answer, or has no workers for the search; the same command tries again: %w", ctx.Err())
		}
		if ctx.Err() != nil {
			return m.Machine().State(), fmt.Errorf("the search continues on the cluster; the same command follows it again: %w", ctx.Err())
		}
		if err != nil {
			c.say(err.Error())
		}
		if len(events) == mostNews {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(c.Interval):
		}
	}
}

// fatalError ends Follow.
type fatalError struct{ error }

func fatalIf(err error) error {
	if err == nil {
		return nil
	}
	return &fatalError{err}
}

// say tells a person something, unless it was what was said last.
func (c *Client[C]) say(text string) {
	if text != c.said && c.Say != nil {
		c.Say(text)
	}
	c.said = text
}

// errOver is a workflow that is over and did not finish its search.
var errOver = errors.New("the search was ended")

// patience is how long a call of the server may take.
const patience = 10 * time.Second

// news asks for the events since one, and for what the workers do. A workflow that failed is a fatalError.
func (c *Client[C]) news(ctx context.Context, id string, since int) ([]Event, []Doing, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, nil, unlessNotFound(err, "the server does not answer")
	}
	switch status := d.GetWorkflowExecutionInfo().GetStatus(); status {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
	default:
		if !c.alive {
			return nil, nil, errOver // an earlier attempt, which failed or was stopped
		}
		err := c.Temporal.GetWorkflow(ctx, id, "").Get(ctx, nil)
		return nil, nil, &fatalError{fmt.Errorf("the search has ended, %v: %w", status, err)}
	}
	c.alive = true
	doing, trouble := doingOf(d)
	if c.Doing != nil {
		c.Doing(doing)
	}
	answer, err := c.Temporal.QueryWorkflow(ctx, id, "", newsQuery, since)
	if err != nil {
		return nil, doing, unlessNotFound(err, "no worker answers for the search")
	}
	var n News
	if err := answer.Get(&n); err != nil {
		return nil, doing, err
	}
	if trouble != "" {
		c.say(trouble)
	}
	return n.Events, doing, nil
}

// unlessNotFound says what an error means to a person.
func unlessNotFound(err error, what string) error {
	if notFound(err) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// start starts the workflow with the results that there are.
func (c *Client[C]) start(ctx context.Context, spec Spec, s hyperband.Search[C], done []hyperband.Result) error {
	kind, err := c.choose(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	order, err := newOrder(spec, s, done)
	if err != nil {
		return &fatalError{err}
	}
	c.alive = true
	_, err = c.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflowID(order.Search), TaskQueue: kind.Queue(), Memo: map[string]any{kindMemo: kind},
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, searchWorkflow, order)
	if err != nil {
		return fmt.Errorf("the search could not be started: %w", err)
	}
	return nil
}
