package cluster

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/study"
)

// recordVariable has the test that needs a server record the history that the one without replays.
const recordVariable = "FASHIONLAB_TEST_RECORD"

// recordedSpec is the search of the recorded history.
var recordedSpec = Spec{Model: "synthetic 300", Profile: study.Smoke, Budget: study.Budget{R: 3, Eta: 3, Rounding: hyperband.Algorithm1}}

var recordedHistory = filepath.Join("testdata", "history.json")

// A worker that takes a search over replays its history: the code must decide now as it did then. If this fails, searches under way end with an error after an
// update; the kind of the workers keeps them apart, and the history is to be recorded again.
func TestRecordedHistoryIsReplayed(t *testing.T) {
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: dataConverter})
	if err != nil {
		t.Fatal(err)
	}
	r.RegisterWorkflowWithOptions(Searches[point]{Build: fakeSearch}.Search, workflow.RegisterOptions{Name: searchWorkflow})
	silent := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if err := r.ReplayWorkflowHistoryFromJSONFile(silent, recordedHistory); err != nil {
		t.Error(err)
	}
	other := worker.NewWorkflowReplayer()
	other.RegisterWorkflowWithOptions(func(ctx workflow.Context, o Order) (int, error) { return 0, workflow.Sleep(ctx, time.Second) }, workflow.RegisterOptions{Name: searchWorkflow})
	if err := other.ReplayWorkflowHistoryFromJSONFile(silent, recordedHistory); err == nil {
		t.Error("a workflow that decides otherwise replays the history, want an error")
	}
}

func TestHistoryIsRecorded(t *testing.T) {
	c := newCluster(t, 1, time.Millisecond)
	c.follow(recordedSpec)
	c.keptJournal(recordedSpec)
	server, err := Connect(c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	o := order(t, recordedSpec, nil)
	run := server.GetWorkflow(t.Context(), workflowID(o.Search), "")
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var h history.History
	for events := server.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	data, err := protojson.Marshal(&h)
	if err != nil || len(h.Events) < 20 {
		t.Fatalf("the history has %d events (%v)", len(h.Events), err)
	}
	if os.Getenv(recordVariable) == "" {
		return
	}
	if err := os.WriteFile(recordedHistory, append(data, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}
