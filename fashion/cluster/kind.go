package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

// Kind is what workers must have in common for a trial to resume on another of them and end as if it had not moved.
type Kind struct {
	Device   string            `json:"device"`  // processor with the number of cores, among which XLA divides sums, or GPU and driver
	Backend  string            `json:"backend"` // plugin
	Modules  map[string]string `json:"modules"` // versions of gomlx, go-xla and Go
	Revision string            `json:"revision"`
	Bucket   string            `json:"bucket"` // Artifacts.ID
}

// Queue is the task queue of a kind.
func (k Kind) Queue() string {
	data, err := json.Marshal(k)
	if err != nil {
		panic(err) // of strings
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

func (k Kind) String() string {
	var modules []string
	for name, version := range k.Modules {
		modules = append(modules, name[strings.LastIndexByte(name, '/')+1:]+" "+version)
	}
	slices.Sort(modules)
	return fmt.Sprintf("%s (%s, %s; source code %.12s; %s; bucket %s)", k.Queue(), k.Device, k.Backend, k.Revision, strings.Join(modules, ", "), k.Bucket)
}

// Diff says in what kind k differs from another.
func (k Kind) Diff(other Kind) string {
	var list []string
	for _, f := range []struct{ name, ours, theirs string }{
		{"source code", fmt.Sprintf("%.12s", k.Revision), fmt.Sprintf("%.12s", other.Revision)}, {"device", k.Device, other.Device}, {"plugin", k.Backend, other.Backend},
		{"versions", fmt.Sprint(k.Modules), fmt.Sprint(other.Modules)}, {"bucket", k.Bucket, other.Bucket},
	} {
		if f.ours != f.theirs {
			list = append(list, fmt.Sprintf("%s: here %s, there %s", f.name, f.ours, f.theirs))
		}
	}
	return strings.Join(list, "; ")
}

const (
	kindWorkflow = "Kind"
	kindMemo     = "kind"
)

// waitForever waits for ever: that it is there tells clients of a kind.
func waitForever(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return false })
}

// announce tells clients that there are workers of a kind.
func announce(ctx context.Context, c client.Client, k Kind) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "kind-" + k.Queue(), TaskQueue: k.Queue(), WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Memo: map[string]any{kindMemo: k},
	}, kindWorkflow)
	return err
}

// presentKind is a kind with workers.
type presentKind struct {
	Kind
	Workers []string // their identities
}

// presentKinds lists the kinds of which there are workers.
func presentKinds(ctx context.Context, c client.Client) (list []presentKind, err error) {
	found, err := open(ctx, c, kindWorkflow)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		workers, err := workersOf(ctx, c, f.Queue())
		if err != nil {
			return nil, err
		}
		if len(workers) > 0 {
			list = append(list, presentKind{f.Kind, workers})
		}
	}
	return list, nil
}

// workersOf are the identities of a queue's workers that asked for work in the last minute and a half.
func workersOf(ctx context.Context, c client.Client, queue string) (list []string, err error) {
	d, err := c.DescribeTaskQueue(ctx, queue, enums.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return nil, err
	}
	for _, p := range d.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < 90*time.Second {
			list = append(list, p.GetIdentity())
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// opened is an open workflow with the kind that its memo names.
type opened struct {
	Kind
	ID string
}

// open lists the open workflows of a type.
func open(ctx context.Context, c client.Client, workflowType string) (list []opened, err error) {
	var next []byte
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", workflowType), NextPageToken: next,
		})
		if err != nil {
			return nil, err
		}
		for _, e := range page.GetExecutions() {
			var k Kind
			payload := e.GetMemo().GetFields()[kindMemo]
			if payload == nil || dataConverter.FromPayload(payload, &k) != nil {
				continue // not ours
			}
			list = append(list, opened{k, e.GetExecution().GetWorkflowId()})
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			return list, nil
		}
	}
}

// choose chooses the kind that does a search: the only one with the client's source code, or the one whose queue begins with what was asked for.
func choose(kinds []presentKind, revision, asked string) (Kind, error) {
	var fit []presentKind
	for _, k := range kinds {
		if k.Revision == revision && strings.HasPrefix(k.Queue(), asked) {
			fit = append(fit, k)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0].Kind, nil
	case len(kinds) == 0:
		return Kind{}, errNoWorkers
	case len(fit) == 0:
		return Kind{}, fmt.Errorf("no worker has this source code (%.12s) and is of the kind that was asked for (%q); there are%s", revision, asked, listed(kinds))
	}
	return Kind{}, fmt.Errorf("there are workers of several kinds, and their results differ as those of two seeds do: choose one with -kind%s", listed(kinds))
}

// listed are kinds with their workers, each in a line of its own.
func listed(kinds []presentKind) string {
	var text strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&text, "\n  %v: %d workers", k.Kind, len(k.Workers))
	}
	return text.String()
}

// errNoWorkers is a server without workers.
var errNoWorkers = errors.New("no worker asks for work")

// notFound reports that the server does not know a workflow.
func notFound(err error) bool {
	var e *serviceerror.NotFound
	return errors.As(err, &e)
}
