package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion/hyperband"
)

// The tests with a real server, which takes minutes to compile, are left out without serverTests. serverProgram may name one that is built, and kills how many processes are killed.
const (
	serverTests   = "FASHIONLAB_TEST_CLUSTER"
	serverProgram = "FASHIONLAB_TEST_SERVER"
	killsVariable = "FASHIONLAB_TEST_KILLS"
)

// childVariable makes the test program a worker or a client: a child, as JSON.
const childVariable = "FASHIONLAB_TEST_CHILD"

// child is what a child process does.
type child struct {
	Address string
	Spec    Spec
	Journal string // of a client
	Bucket  string // of a worker
	Dir     string
	Epoch   time.Duration
	Log     string // of the epochs that it trained
	// Revision of a worker's source code.
	Revision string
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		var c child
		err := json.Unmarshal([]byte(text), &c)
		if err == nil {
			err = c.run()
		}
		if err != nil {
			log.Fatal(err)
		}
		return
	}
	log.SetOutput(io.Discard) // what is said of buckets that fail on purpose
	os.Exit(m.Run())
}

// quick are times for tests.
var quick = Timing{Heartbeat: 2 * time.Second}

const testRevision = "revision"

func (c child) run() error {
	if c.Journal == "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		return c.work(ctx)
	}
	server, err := Connect(c.Address)
	if err != nil {
		return err
	}
	s, err := fakeSearch(c.Spec)
	if err != nil {
		return err
	}
	s.Journal = c.Journal
	client := Client[point]{Temporal: server, Revision: testRevision, Interval: 50 * time.Millisecond, Say: func(text string) { log.Print(text) }}
	_, err = client.Follow(context.Background(), c.Spec, s)
	return err
}

// work is a worker with the fake trainer.
func (c child) work(ctx context.Context) error {
	server, err := Connect(c.Address)
	if err != nil {
		return err
	}
	defer server.Close()
	b, err := OpenBucket(ctx, c.Bucket)
	if err != nil {
		return err
	}
	defer b.Close()
	a, err := NewArtifacts(ctx, b)
	if err != nil {
		return err
	}
	return Work[point]{
		Kind: Kind{Device: "fake", Revision: c.Revision, Bucket: a.ID}, Trainings: 1, Stop: time.Minute, Say: func(text string) { log.Print(text) },
		Searches: Searches[point]{Build: fakeSearch, Timing: quick},
		Trials:   Trials[point]{Train: fakeTrainer{epoch: c.Epoch, log: c.Log}.train, Build: fakeSearch, Artifacts: a, Dir: c.Dir, Timing: quick}.withFit(fakeTrainer{epoch: c.Epoch, log: c.Log}.train),
	}.Run(ctx, server)
}

// server is the path of the server's program.
var server = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(serverProgram); path != "" {
		return path, nil
	}
	path := filepath.Join(os.TempDir(), "fashionlab-test-server")
	c := exec.Command("go", "build", "-o", path, ".")
	c.Dir = "server"
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// needServer skips a test, or returns the path of the server's program.
func needServer(t *testing.T) string {
	t.Helper()
	if os.Getenv(serverTests) == "" {
		t.Skipf("set $%s to test with a real server, which takes minutes to compile", serverTests)
	}
	path, err := server()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// process is a child that can be killed and started again.
type process struct {
	t       *testing.T
	name    string
	command func() *exec.Cmd
	running *exec.Cmd
}

func (p *process) start() {
	p.t.Helper()
	p.running = p.command()
	log, err := os.OpenFile(filepath.Join(logs(p.t), p.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.running.Stdout, p.running.Stderr = log, log
	if err := p.running.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) kill() {
	if p.running != nil {
		_ = p.running.Process.Kill()
		_ = p.running.Wait() // it was killed
		p.running = nil
	}
}

// logs is a folder for what children say; a test that fails shows it.
func logs(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "fashionlab-cluster-"+t.Name())
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// testCluster is a server, workers and what they share.
type testCluster struct {
	t       *testing.T
	address string
	bucket  string
	dir     string
	server  *process
	workers []*process
	report  func(hyperband.State[point]) // of follow; may be nil
}

// newCluster starts a server and so many workers, whose epochs take so long.
func newCluster(t *testing.T, workers int, epoch time.Duration) *testCluster {
	t.Helper()
	program := needServer(t)
	if err := os.RemoveAll(logs(t)); err != nil {
		t.Fatal(err)
	}
	c := &testCluster{t: t, address: freeAddress(t), bucket: filepath.Join(t.TempDir(), "bucket"), dir: t.TempDir()}
	c.server = &process{t: t, name: "server", command: func() *exec.Cmd {
		return exec.Command(program, "-listen", c.address, "-dir", filepath.Join(c.dir, "database"), "-ui", "0")
	}}
	c.server.start()
	t.Cleanup(c.server.kill)
	for n := range workers {
		c.workers = append(c.workers, c.worker(fmt.Sprintf("worker %d", n+1), c.address, testRevision, epoch))
		c.workers[n].start()
	}
	c.wait(workers)
	return c
}

// wait waits until so many workers ask for work.
func (c *testCluster) wait(workers int) {
	c.t.Helper()
	server, err := Connect(c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	defer server.Close()
	for range 600 {
		time.Sleep(100 * time.Millisecond)
		kinds, _ := presentKinds(c.t.Context(), server) // the server may not answer yet
		n := 0
		for _, k := range kinds {
			n += len(k.Workers)
		}
		if n >= workers {
			return
		}
	}
	c.t.Fatalf("the workers are not there; the processes' output is in %s", logs(c.t))
}

// epochs is the file with a line for each execution of a trial and each epoch that was trained.
func (c *testCluster) epochs() string { return filepath.Join(c.dir, "epochs") }

// twice counts what was done more than once: "up to" for executions, "epoch" for epochs.
func (c *testCluster) twice(what string) (n int) {
	c.t.Helper()
	data, err := os.ReadFile(c.epochs())
	if err != nil {
		c.t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if seen[line] && strings.Contains(line, what) {
			n++
		}
		seen[line] = true
	}
	return n
}

// worker is a worker's process.
func (c *testCluster) worker(name, address, revision string, epoch time.Duration) *process {
	dir := filepath.Join(c.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		c.t.Fatal(err)
	}
	p := childProcess(c.t, name, child{Address: address, Bucket: c.bucket, Dir: dir, Epoch: epoch, Log: c.epochs(), Revision: revision})
	c.t.Cleanup(p.kill)
	return p
}

// childProcess is the test program as a child.
func childProcess(t *testing.T, name string, c child) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return &process{t: t, name: name, command: func() *exec.Cmd {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), childVariable+"="+string(text))
		return cmd
	}}
}

// follow has the cluster do a search, and returns its journal and state.
func (c *testCluster) follow(spec Spec) (string, hyperband.State[point]) {
	c.t.Helper()
	server, err := Connect(c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	defer server.Close()
	s := searchWithJournal(c.t, spec)
	client := Client[point]{Temporal: server, Revision: testRevision, Interval: 50 * time.Millisecond, Say: func(text string) { c.t.Log(text) }, Report: c.report}
	ctx, stop := context.WithTimeout(c.t.Context(), 20*time.Minute)
	defer stop()
	state, err := client.Follow(ctx, spec, s)
	if err != nil {
		c.t.Fatalf("%v; the processes' output is in %s", err, logs(c.t))
	}
	return journal(c.t, s.Journal), state
}

// keptJournal is the journal in the bucket.
func (c *testCluster) keptJournal(spec Spec) string {
	c.t.Helper()
	s, err := fakeSearch(spec)
	if err != nil {
		c.t.Fatal(err)
	}
	digest, err := s.Digest()
	if err != nil {
		c.t.Fatal(err)
	}
	path := filepath.Join(c.bucket, "searches", digest, "journal.jsonl")
	for range 1200 { // the workflow keeps it after its last event, each line synced to the disk
		if data, err := os.ReadFile(path); err == nil && strings.HasSuffix(string(data), "\n") {
			return journal(c.t, path)
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("%s is not there", path)
	return ""
}
