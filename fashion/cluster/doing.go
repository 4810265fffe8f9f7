package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"fashionlab/fashion/hyperband"
)

// Doing is what a worker does.
type Doing struct {
	Worker string
	Beat
}

func (d Doing) String() string {
	return fmt.Sprintf("%s: %v", d.Worker, d.Beat)
}

// troubled is from which attempt on a training is in trouble: workers come and go.
const troubled = 3

// doingOf reads what the workers do from a workflow's description, and what keeps one of its trainings from being done.
func doingOf(d *workflowservice.DescribeWorkflowExecutionResponse) (list []Doing, trouble string) {
	for _, a := range d.GetPendingActivities() {
		if a.GetAttempt() >= troubled && a.GetLastFailure() != nil {
			trouble = fmt.Sprintf("a training was tried %d times, last by %s: %s", a.GetAttempt(), a.GetLastWorkerIdentity(), a.GetLastFailure().GetMessage())
		}
		if a.GetState() != enums.PENDING_ACTIVITY_STATE_STARTED || a.GetActivityType().GetName() == keepActivity {
			continue
		}
		var b Beat
		if p := a.GetHeartbeatDetails().GetPayloads(); len(p) > 0 && dataConverter.FromPayload(p[0], &b) == nil {
			list = append(list, Doing{a.GetLastWorkerIdentity(), b})
		}
	}
	slices.SortStableFunc(list, func(a, b Doing) int { return strings.Compare(a.Worker, b.Worker) }) // the server's order changes from one call to the next
	return list, trouble
}

// board shows what the workers of a search do.
type board struct {
	shown []hyperband.UnderWay
	at    time.Time
}

// write writes it where it changed, and again before it is stale.
func (b *board) write(write func([]hyperband.UnderWay) error, doing []Doing) error {
	var list []hyperband.UnderWay
	for _, d := range doing {
		list = append(list, hyperband.UnderWay{Worker: d.Worker, Trial: d.Trial, Done: d.Done, Epochs: d.Epochs})
	}
	if slices.Equal(list, b.shown) && time.Since(b.at) < hyperband.Stale/3 {
		return nil
	}
	b.shown, b.at = list, time.Now()
	return write(list)
}
