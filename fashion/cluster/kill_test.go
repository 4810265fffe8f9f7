package cluster

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/study"
)

// freeAddress is one of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// numbered is a search of its own for each number.
func numbered(n int) Spec {
	s := fakeSpec
	s.Model = fmt.Sprint("synthetic ", n)
	s.Budget.R = 27
	return s
}

// Processes are killed at random: workers, the server, the client, and all at once.
func TestSearchWhoseProcessesAreKilledEndsAsRunDoes(t *testing.T) {
	kills := 5
	if text := os.Getenv(killsVariable); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	c := newCluster(t, 2, 20*time.Millisecond)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for n := 0; kills > 0; n++ {
		spec := numbered(n)
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		client := childProcess(t, "client", child{Address: c.address, Spec: spec, Journal: path})
		client.start()
		t.Cleanup(client.kill)
		ended := make(chan struct{})
		var waiting *exec.Cmd
		wait := func() {
			waiting, ended = client.running, make(chan struct{})
			go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(waiting, ended)
		}
		wait()
		for done := false; !done; {
			select {
			case <-ended:
				if !waiting.ProcessState.Success() {
					t.Fatalf("the client failed; the processes' output is in %s", logs(t))
				}
				done = true
				continue
			case <-time.After(time.Duration(300+random.IntN(3000)) * time.Millisecond):
			}
			if kills == 0 {
				continue
			}
			kills--
			victims := [][]*process{{c.workers[0]}, {c.workers[1]}, {c.server}, {client}, {c.workers[0], c.workers[1], c.server, client}}[random.IntN(5)]
			for _, v := range victims {
				t.Logf("killing the %s", v.name)
				if v == client {
					_ = client.running.Process.Kill()
					<-ended
				} else {
					v.kill()
				}
			}
			time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			for _, v := range victims {
				v.start()
				if v == client {
					wait()
				}
			}
		}
		client.running = nil
		if got, want := journal(t, path), wanted(t, spec); got != want {
			t.Fatalf("search %d: the journal is\n%s\nwant\n%s", n, got, want)
		}
		if got, want := c.keptJournal(spec), wanted(t, spec); got != want {
			t.Errorf("search %d: the journal in the bucket is\n%s\nwant\n%s", n, got, want)
		}
	}
}

func TestServerThatLosesItsDatabaseIsToldWhatTheJournalHas(t *testing.T) {
	c := newCluster(t, 1, 20*time.Millisecond)
	spec := numbered(100)
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	client := childProcess(t, "client", child{Address: c.address, Spec: spec, Journal: path})
	client.start()
	t.Cleanup(client.kill)
	for {
		if data, err := os.ReadFile(path); err == nil && len(data) > 4000 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.server.kill()
	if err := os.RemoveAll(filepath.Join(c.dir, "database")); err != nil {
		t.Fatal(err)
	}
	c.server.start()
	if err := client.running.Wait(); err != nil {
		t.Fatalf("the client: %v; the processes' output is in %s", err, logs(t))
	}
	client.running = nil
	if got, want := journal(t, path), wanted(t, spec); got != want {
		t.Errorf("the journal is\n%s\nwant\n%s", got, want)
	}
}

// Who reads the journal meanwhile sees what each worker does, also after the client was killed and started again.
func TestWhatTheWorkersDoStandsBesideTheJournal(t *testing.T) {
	c := newCluster(t, 2, 200*time.Millisecond)
	s := searchWithJournal(t, numbered(600))
	client := childProcess(t, "client", child{Address: c.address, Spec: numbered(600), Journal: s.Journal})
	t.Cleanup(client.kill)
	for range 2 {
		client.start()
		before := time.Now()
		for seen := false; !seen; time.Sleep(50 * time.Millisecond) {
			list, err := s.ReadUnderWay()
			if err != nil {
				t.Fatal(err)
			}
			seen = len(list) == 2 && list[0].Worker != list[1].Worker && list[0].Done+list[1].Done > 0
			if time.Since(before) > time.Minute {
				t.Fatalf("under way are %v, want trainings of two workers; the processes' output is in %s", list, logs(t))
			}
		}
		client.kill()
		if err := s.WriteUnderWay(nil); err != nil {
			t.Fatal(err)
		}
	}
	client.start()
	if err := client.running.Wait(); err != nil {
		t.Fatalf("the client: %v; the processes' output is in %s", err, logs(t))
	}
	client.running = nil
	if list, err := s.ReadUnderWay(); err != nil || len(list) > 0 {
		t.Errorf("at the end under way are %v (%v)", list, err)
	}
	if got, want := journal(t, s.Journal), wanted(t, numbered(600)); got != want {
		t.Errorf("the journal is\n%s\nwant\n%s", got, want)
	}
}

// proxy is a TCP proxy that can stop passing anything on, without closing a connection.
type proxy struct {
	address string
	cut     atomic.Bool
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{address: l.Addr().String()}
	pass := func(from, to net.Conn) {
		defer to.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := from.Read(buffer)
			for p.cut.Load() {
				time.Sleep(10 * time.Millisecond)
			}
			if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
				return
			}
		}
	}
	go func() {
		for {
			inside, err := l.Accept()
			if err != nil {
				return
			}
			outside, err := net.Dial("tcp", to)
			if err != nil {
				inside.Close()
				continue
			}
			go pass(inside, outside)
			go pass(outside, inside)
		}
	}()
	return p
}

// A worker is cut off for longer than it may be silent: its trial is done by another, and its own execution ends too.
func TestWorkerThatIsCutOffDoesNotChangeTheOutcome(t *testing.T) {
	c := newCluster(t, 1, 100*time.Millisecond)
	p := newProxy(t, c.address)
	c.worker("worker behind the proxy", p.address, testRevision, 100*time.Millisecond).start()
	c.wait(2)
	spec := numbered(200)
	spec.Budget.R = 9
	var group sync.WaitGroup
	group.Go(func() {
		for range 4 { // a cut between two trials has none executed twice
			time.Sleep(1500 * time.Millisecond)
			p.cut.Store(true)
			time.Sleep(2 * quick.Heartbeat)
			p.cut.Store(false)
		}
	})
	if got, _ := c.follow(spec); got != wanted(t, spec) {
		t.Errorf("the journal is\n%s\nwant\n%s", got, wanted(t, spec))
	}
	group.Wait()
	if c.twice("up to") == 0 {
		t.Error("no trial was executed twice: the worker was not cut off in one")
	}
}

func TestStoppedWorkerEndsItsEpochAndNothingIsTrainedTwice(t *testing.T) {
	c := newCluster(t, 2, 100*time.Millisecond)
	spec := numbered(400)
	spec.Budget.R = 9
	var group sync.WaitGroup
	group.Go(func() {
		for n := range 6 {
			w := c.workers[n%2]
			time.Sleep(700 * time.Millisecond)
			if err := w.running.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
			if err := w.running.Wait(); err != nil {
				t.Errorf("the worker's stop: %v", err)
			}
			w.start()
		}
	})
	if got, _ := c.follow(spec); got != wanted(t, spec) {
		t.Errorf("the journal is\n%s\nwant\n%s", got, wanted(t, spec))
	}
	group.Wait()
	if n := c.twice("epoch"); n > 0 {
		t.Errorf("%d epochs were trained twice", n)
	}
}

// scaleVariable is how many workers and trials the test of a large search has, such as 100x10000.
const scaleVariable = "FASHIONLAB_TEST_SCALE"

// A large search begins new histories; its workers are goroutines.
func TestLargeSearchCostsNoMorePerTrial(t *testing.T) {
	var workers, trials int
	if _, err := fmt.Sscanf(os.Getenv(scaleVariable), "%dx%d", &workers, &trials); err != nil {
		t.Skipf("set $%s to the number of workers and trials, such as 100x10000", scaleVariable)
	}
	c := newCluster(t, 0, 0)
	for n := range workers {
		own := child{Address: c.address, Bucket: c.bucket, Dir: filepath.Join(c.dir, fmt.Sprint(n)), Revision: testRevision}
		if err := os.Mkdir(own.Dir, 0o777); err != nil {
			t.Fatal(err)
		}
		go func() {
			if err := own.work(t.Context()); err != nil {
				t.Error(err)
			}
		}()
	}
	c.wait(1)
	spec := fakeSpec
	spec.Budget = study.Budget{R: trials, Rounding: "random"}
	start, measured, next := time.Now(), 0, 0
	begun, used := start, c.processorTime()
	c.report = func(s hyperband.State[point]) {
		n := 0
		for _, trial := range s.Trials {
			if len(trial.Scores) > 0 || trial.Reason != "" {
				n++
			}
		}
		if n >= next {
			each, now := time.Duration(max(1, n-measured)), c.processorTime()
			t.Logf("%5d trials after %5.1f s; since the line before %v a trial, of processor time %v", n, time.Since(start).Seconds(), time.Since(begun)/each, (now-used)/each)
			measured, next, begun, used = n, n+trials/10, time.Now(), now
		}
	}
	_, state := c.follow(spec)
	took := time.Since(start)
	c.keptJournal(spec)
	t.Logf("%d workers, %d trials, %d histories: %v a trial; done is %v", workers, trials, c.histories(spec), took/time.Duration(trials), state.Done)
}

// processorTime is what this process, the server and the workers used so far; of the latter only where there is /proc.
func (c *testCluster) processorTime() time.Duration {
	c.t.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		c.t.Fatal(err)
	}
	used := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	for _, p := range append(c.workers, c.server) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.running.Process.Pid))
		if err != nil {
			continue
		}
		const ticks = 100 // a second, on Linux
		fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')'):]))
		for _, field := range fields[12:14] { // user and system
			n, err := strconv.Atoi(field)
			if err != nil {
				c.t.Fatal(err)
			}
			used += time.Duration(n) * time.Second / ticks
		}
	}
	return used
}

// load is how many threads ran or wanted to, in the last minute; 0 if it is not known. On a machine that does other work as well, times say little.
func load() (n float64) {
	data, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(data), &n)
	return n
}

// histories is how many histories a search has.
func (c *testCluster) histories(spec Spec) int {
	c.t.Helper()
	server, err := Connect(c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	defer server.Close()
	list, err := server.ListWorkflow(c.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf("WorkflowId = '%s'", workflowID(order(c.t, spec, nil).Search))})
	if err != nil {
		c.t.Fatal(err)
	}
	return len(list.GetExecutions())
}

func TestWorkerOfAnotherRevisionSaysWhyItTakesNoWork(t *testing.T) {
	c := newCluster(t, 1, 100*time.Millisecond)
	other := c.worker("other", c.address, "another", 0)
	spec := numbered(500)
	spec.Budget.R = 9
	var group sync.WaitGroup
	group.Go(func() { // while the search is under way
		time.Sleep(2 * time.Second)
		other.start()
	})
	if got, _ := c.follow(spec); got != wanted(t, spec) {
		t.Errorf("the journal is\n%s\nwant\n%s", got, wanted(t, spec))
	}
	group.Wait()
	said, err := os.ReadFile(filepath.Join(logs(t), other.name))
	if err != nil || !strings.Contains(string(said), "source code: here another, there revision") {
		t.Errorf("it says %q (%v)", said, err)
	}
}

func TestServerIsForThisMachineUnlessItIsOpened(t *testing.T) {
	program := needServer(t)
	for listen, want := range map[string]string{"0.0.0.0:7233": "-open", ":7233": "-open", "192.0.2.1:7233": "-open", "7233": "want an address", "localhost:none": "want an IP address"} {
		out, err := exec.Command(program, "-listen", listen, "-dir", t.TempDir()).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("on %s it says %q (%v), want an error with %q", listen, out, err, want)
		}
	}
}

// What a search costs beside its trainings, which take no time here.
func TestOverheadPerTrialStaysFlat(t *testing.T) {
	for _, workers := range []int{1, 2} {
		c := newCluster(t, workers, 0)
		spec := fakeSpec
		spec.Budget = study.Budget{R: 20, Rounding: "random"}
		c.follow(spec) // the first search waits for workers and server
		for _, trials := range []int{100, 400} {
			spec.Budget.R = trials
			start, before := time.Now(), c.processorTime()
			if _, state := c.follow(spec); !state.Done {
				t.Fatal("the search is not done")
			}
			each := time.Since(start) / time.Duration(trials)
			used := (c.processorTime() - before) / time.Duration(trials)
			t.Logf("%d workers, %d trials: %v a trial, of processor time %v; the load is %.1f", workers, trials, each, used, load())
			if each > 100*time.Millisecond && load() < float64(runtime.NumCPU()) {
				t.Errorf("%d workers, %d trials: %v a trial, want 100 ms at most", workers, trials, each)
			}
		}
		c.server.kill()
		for _, w := range c.workers {
			w.kill()
		}
	}
}
