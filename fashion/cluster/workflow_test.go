package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"fashionlab/fashion/hyperband"
)

// execute executes an order in the SDK's test environment, where time costs nothing. train does the jobs.
func execute(t *testing.T, searches Searches[point], o Order, train func(context.Context, Job[point]) (hyperband.Result, error)) (*testsuite.TestWorkflowEnvironment, []Event) {
	t.Helper()
	suite := quiet()
	env := suite.NewTestWorkflowEnvironment()
	env.SetDataConverter(dataConverter)
	var kept []Event
	Work[point]{Searches: searches}.register(env)
	env.OnActivity(trainActivity, mock.Anything, mock.Anything).Return(train)
	env.OnActivity(keepActivity, mock.Anything, mock.Anything).Return(func(_ context.Context, k Kept) error { kept = k.Events; return nil })
	env.ExecuteWorkflow(searchWorkflow, o)
	return env, kept
}

// do does a job at once.
func do(_ context.Context, j Job[point]) (hyperband.Result, error) { return j.Task.Do(scores) }

func order(t *testing.T, spec Spec, done []hyperband.Result) Order {
	t.Helper()
	s, err := fakeSearch(spec)
	if err != nil {
		t.Fatal(err)
	}
	o, err := newOrder(spec, s, done)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// journalOf is the journal that events make.
func journalOf(t *testing.T, spec Spec, events []Event) string {
	t.Helper()
	s := searchWithJournal(t, spec)
	m, err := s.Mirror()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(mirror(m, events), m.Close()); err != nil {
		t.Fatal(err)
	}
	return journal(t, s.Journal)
}

// Trainings take random times, and some attempts fail.
func TestWorkflowFindsWhatRunFinds(t *testing.T) {
	want := wanted(t, fakeSpec)
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 2))
		var mutex sync.Mutex
		env, events := execute(t, Searches[point]{Build: fakeSearch}, order(t, fakeSpec, nil), func(ctx context.Context, j Job[point]) (hyperband.Result, error) {
			mutex.Lock()
			pause, fails := time.Duration(random.IntN(2000))*time.Microsecond, random.IntN(4) == 0
			mutex.Unlock()
			time.Sleep(pause)
			if fails {
				return hyperband.Result{}, errors.New("the worker was lost")
			}
			return do(ctx, j)
		})
		if err := env.GetWorkflowError(); err != nil {
			t.Fatal(err)
		}
		if got := journalOf(t, fakeSpec, events); got != want {
			t.Fatalf("order %d: the journal is\n%s\nwant\n%s", seed, got, want)
		}
		answer, err := env.QueryWorkflow(newsQuery, 3)
		var n News
		if err == nil {
			err = answer.Get(&n)
		}
		if err != nil || !n.Done || len(n.Events) != len(events)-3 {
			t.Errorf("news since event 3: %d, done is %v (%v), want %d", len(n.Events), n.Done, err, len(events)-3)
		}
	}
}

func TestWorkflowGoesOnAfterWhatAJournalHas(t *testing.T) {
	s := searchWithJournal(t, fakeSpec)
	if _, err := s.Run(nil, scores); err != nil {
		t.Fatal(err)
	}
	m, err := s.Mirror()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	results := m.Machine().Results()
	const known = 9
	trained := 0
	var mutex sync.Mutex
	env, events := execute(t, Searches[point]{Build: fakeSearch}, order(t, fakeSpec, results[:known]), func(ctx context.Context, j Job[point]) (hyperband.Result, error) {
		mutex.Lock()
		trained++
		mutex.Unlock()
		return do(ctx, j)
	})
	if err := env.GetWorkflowError(); err != nil || trained != len(results)-known {
		t.Errorf("%d trainings, want %d (%v)", trained, len(results)-known, err)
	}
	if got, want := journalOf(t, fakeSpec, events), journal(t, s.Journal); got != want {
		t.Errorf("the journal is\n%s\nwant\n%s", got, want)
	}
}

func TestLongSearchBeginsNewHistories(t *testing.T) {
	o, histories := order(t, fakeSpec, nil), 0
	for {
		histories++
		env, events := execute(t, Searches[point]{Build: fakeSearch, Longest: 5}, o, do)
		var next *workflow.ContinueAsNewError
		if !errors.As(env.GetWorkflowError(), &next) {
			if err := env.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			if got := journalOf(t, fakeSpec, events); got != wanted(t, fakeSpec) || histories < 4 {
				t.Errorf("after %d histories the journal is\n%s", histories, got)
			}
			return
		}
		o = Order{}
		if err := dataConverter.FromPayloads(next.Input, &o); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOrderOfAnotherSearchIsRefused(t *testing.T) {
	for _, spoil := range []func(*Order){func(o *Order) { o.Search = "" }, func(o *Order) { o.Trials = "" }, func(o *Order) { o.Spec.Budget.Eta = 0 }} {
		o := order(t, fakeSpec, nil)
		spoil(&o)
		if env, _ := execute(t, Searches[point]{Build: fakeSearch}, o, do); env.GetWorkflowError() == nil {
			t.Errorf("%+v is done, want an error", o)
		}
	}
}

// Each job names the trials that ended since the one before, so that their checkpoints go.
func TestJobsNameEachTrialThatEndedOnce(t *testing.T) {
	named := map[int]int{}
	var mutex sync.Mutex
	env, events := execute(t, Searches[point]{Build: fakeSearch}, order(t, fakeSpec, nil), func(ctx context.Context, j Job[point]) (hyperband.Result, error) {
		mutex.Lock()
		defer mutex.Unlock()
		for _, id := range j.Over {
			named[id]++
		}
		if named[j.Task.Trial] > 0 {
			t.Errorf("trial %d is trained on after it ended", j.Task.Trial)
		}
		return do(ctx, j)
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	s, err := fakeSearch(fakeSpec)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLedger(s, events)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range l.State().Trials {
		if n := named[trial.ID]; n > 1 || n == 1 && trial.Status == hyperband.Finished {
			t.Errorf("trial %d, %s, was named %d times", trial.ID, trial.Status, n)
		}
	}
	if len(named) == 0 {
		t.Error("no trial was named")
	}
}

func TestKindsAreToldApartAndChosen(t *testing.T) {
	a := Kind{Device: "cpu: AMD EPYC", Backend: "xla:cpu, PJRT 0.115", Modules: map[string]string{"github.com/gomlx/gomlx": "v0.28.7"}, Revision: "1111111111111111", Bucket: "a"}
	b := a
	b.Revision = "2222222222222222"
	c := a
	c.Device = "NVIDIA H100"
	present := func(kinds ...Kind) (list []presentKind) {
		for _, k := range kinds {
			list = append(list, presentKind{k, []string{"one"}})
		}
		return list
	}
	if k, err := choose(present(a, b), a.Revision, ""); err != nil || k.Queue() != a.Queue() {
		t.Errorf("of two revisions: %v, %v", k, err)
	}
	if _, err := choose(present(a, c), a.Revision, ""); err == nil || !strings.Contains(err.Error(), c.Queue()) {
		t.Errorf("of two devices: %v, want an error that names both", err)
	}
	if k, err := choose(present(a, c), a.Revision, c.Queue()[:5]); err != nil || k.Queue() != c.Queue() {
		t.Errorf("of two devices, one asked for: %v, %v", k, err)
	}
	if _, err := choose(present(b), a.Revision, ""); err == nil || !strings.Contains(err.Error(), "source code") {
		t.Errorf("of another revision: %v", err)
	}
	if _, err := choose(nil, a.Revision, ""); !errors.Is(err, errNoWorkers) {
		t.Errorf("without workers: %v", err)
	}
	if d := a.Diff(b); !strings.Contains(d, "source code: here 111111111111, there 222222222222") || strings.Contains(d, "device") {
		t.Errorf("the difference is %q", d)
	}
}

func TestAddressOfAServerNeedsAPort(t *testing.T) {
	for _, address := range []string{"localhost", "127.0.0.1:", ""} {
		if _, err := Connect(address); err == nil || !strings.Contains(err.Error(), "want a host and a port") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"127.0.0.1:7233", "dns:///server.example:7233"} {
		c, err := Connect(address)
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		c.Close()
	}
}
