package cluster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
)

// fitRun is a fake run of 4 epochs.
var fitRun = Run[point]{Name: "smoke/fake", Epochs: 4, Recipe: point{0.1, 0.2, 0.3, 0.4}}

// withFit trains runs as the fake trainer does.
func (t Trials[C]) withFit(train func(ctx context.Context, dir string, config C, epochs int, progress func(int)) ([]float64, error)) Trials[C] {
	t.Fit = func(ctx context.Context, name string, recipe C, progress func(int)) error {
		_, err := train(ctx, filepath.Join(t.Dir, name), recipe, fitRun.Epochs, progress)
		return err
	}
	return t
}

func TestRunResumesWhereAnotherWorkerWasLostAndIsInTheBucket(t *testing.T) {
	trials, _, trained := newTrials(t)
	lost := errors.New("lost")
	fit := func(trials Trials[point]) error {
		env := quiet().NewTestActivityEnvironment()
		env.RegisterActivityWithOptions(trials.FitRun, activity.RegisterOptions{Name: fitActivity})
		_, err := env.ExecuteActivity(fitActivity, fitRun)
		return err
	}
	broken := trials.withFit(func(ctx context.Context, dir string, p point, epochs int, progress func(int)) ([]float64, error) {
		_, err := trials.Train(ctx, dir, p, 3, progress)
		return nil, errors.Join(err, lost)
	})
	if err := fit(broken); err == nil {
		t.Error("a training that fails is no error")
	}
	trials.Dir = t.TempDir()
	if err := fit(trials.withFit(trials.Train)); err != nil || *trained != 4 {
		t.Errorf("%d epochs were trained (%v), want 4", *trained, err)
	}
	prefix, err := fitRun.Prefix()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	epochs, err := trials.Artifacts.Restore(t.Context(), prefix, dir, func(err error) { t.Error(err) })
	data, _ := os.ReadFile(filepath.Join(dir, weightsFile))
	if err != nil || epochs != 4 || !bytes.Equal(data, weights(fitRun.Recipe, 4)) {
		t.Errorf("the bucket has epoch %d (%v), want 4 and its weights", epochs, err)
	}
}

func TestRunIsTriedAgainUntilItIsTrained(t *testing.T) {
	env := quiet().NewTestWorkflowEnvironment()
	env.SetDataConverter(dataConverter)
	Work[point]{Searches: Searches[point]{Build: fakeSearch}}.register(env)
	tries := 0
	env.OnActivity(fitActivity, mock.Anything, mock.Anything).Return(func(context.Context, Run[point]) error {
		if tries++; tries < 8 {
			return errStopped
		}
		return nil
	})
	env.ExecuteWorkflow(runWorkflow, fitRun)
	if err := env.GetWorkflowError(); err != nil || tries != 8 {
		t.Errorf("%d tries, %v; want 8", tries, err)
	}
}

// Two workers train four runs; one is killed.
func TestClusterTrainsRuns(t *testing.T) {
	c := newCluster(t, 2, 50*time.Millisecond)
	server, err := Connect(c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	runs := []Run[point]{}
	for i := range 4 {
		r := fitRun
		r.Recipe[0] = float64(i) / 10
		runs = append(runs, r)
	}
	time.AfterFunc(300*time.Millisecond, func() { c.workers[0].kill(); c.workers[0].start() })
	client := Client[point]{Temporal: server, Revision: testRevision, Interval: 50 * time.Millisecond, Say: func(text string) { t.Log(text) }}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	for range 2 { // the second call finds them trained
		ended := map[Run[point]]int{}
		if err := client.Train(ctx, runs, func(r Run[point]) error { ended[r]++; return nil }); err != nil || len(ended) != len(runs) {
			t.Fatalf("%d runs ended (%v), want %d", len(ended), err, len(runs))
		}
	}
	for _, r := range runs {
		prefix, err := r.Prefix()
		if err != nil {
			t.Fatal(err)
		}
		if m := objects(t, filepath.Join(c.bucket, prefix), "000004.json"); len(m) != 1 {
			t.Errorf("%v: the bucket has %q, want the manifest of epoch 4", r, m)
		}
	}
}
