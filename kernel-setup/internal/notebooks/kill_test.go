package notebooks

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
)

// rootVariable has the test program execute the notebook with the argument's path, or open JupyterLab, in the module with that root.
const rootVariable = "FASHIONLAB_TEST_ROOT"

func TestMain(m *testing.M) {
	root := os.Getenv(rootVariable)
	if root == "" {
		os.Exit(m.Run())
	}
	l, err := layout.New()
	l.Root = root
	switch {
	case err != nil:
	case len(os.Args) > 1:
		err = executeOne(context.Background(), l, os.Args[1], root, "smoke")
	default:
		err = Lab(context.Background(), l, []string{"--no-browser", "--port=0", "--log-level=ERROR"})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// kernelSetup starts a process that does the command run with one notebook, or lab.
func kernelSetup(t *testing.T, l layout.Layout, arguments ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], arguments...)
	c.Env = append(os.Environ(), rootVariable+"="+l.Root)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() }) // those that it started end too
	return c
}

// begins waits for something to come true.
func begins(t *testing.T, what string, true func() bool) {
	t.Helper()
	for begin := time.Now(); !true(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// task is a process.
type task struct {
	pid, parent int
	command     string
}

// descendants are the processes that a process started, those that these started, and so on.
func descendants(t *testing.T, pid int) (list []task) {
	t.Helper()
	for _, p := range processes(t) {
		if p.parent == pid {
			list = append(append(list, p), descendants(t, p.pid)...)
		}
	}
	return list
}

func processes(t *testing.T) (list []task) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pid, err := strconv.Atoi(fields[0])
		parent, err2 := strconv.Atoi(fields[1])
		if err != nil || err2 != nil {
			t.Fatalf("ps lists %q", line)
		}
		list = append(list, task{pid, parent, strings.Join(fields[2:], " ")})
	}
	return list
}

// end fails if one of the processes is still there after a while.
func end(t *testing.T, watched []task) {
	t.Helper()
	begin := time.Now()
	for {
		var left []task
		for _, p := range processes(t) {
			if slices.ContainsFunc(watched, func(w task) bool { return w.pid == p.pid && w.command == p.command }) { // its parent is another now
				left = append(left, p)
			}
		}
		switch {
		case len(left) == 0:
			t.Logf("%d processes had ended %v later", len(watched), time.Since(begin).Round(100*time.Millisecond))
			return
		case time.Since(begin) > 2*time.Minute:
			t.Fatalf("these processes go on: %v", left)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// longTraining is a notebook that trains for a long time.
const longTraining = `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "fashionlab", "display_name": "Go"}}, "cells": [
	{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%noautoget\n",
	"import (\"github.com/janpfeifer/must\"; \"fashionlab/fashion/notebook\"; \"fashionlab/fashion/study\"; \"fashionlab/fashion/train\")\n",
	"%%\n", "r := study.CNN(study.Smoke)\n", "r.Epochs = 10_000\n", "must.M1(train.Fit(\"long\", r, notebook.Live()))"]}]}`

// Whichever process of those that execute a notebook is killed, the others end; the run is whole, and another process may write it.
func TestNothingGoesOnWhenAProcessThatExecutesANotebookIsKilled(t *testing.T) {
	l := studio(t)
	path := filepath.Join(l.Notebooks(), "00-trains.ipynb")
	layouttest.Write(t, path, longTraining)
	dir, err := run.Local().Path("long")
	if err != nil {
		t.Fatal(err)
	}
	epochs := func() int {
		r, err := run.Open(dir)
		if err != nil {
			return 0
		}
		return len(r.History)
	}
	for place, killed := range []string{"kernel-setup", "driver", "kernel"} {
		t.Run(killed, func(t *testing.T) {
			before := epochs()
			c := kernelSetup(t, l, path)
			begins(t, "another epoch is trained", func() bool { return epochs() > before })
			chain := append([]task{{pid: c.Process.Pid}}, descendants(t, c.Process.Pid)...)
			owner, err := os.ReadFile(filepath.Join(dir, "lock"))
			if err != nil || len(chain) != 4 || strings.TrimSpace(string(owner)) != fmt.Sprint(chain[3].pid) {
				t.Fatalf("the processes are %v, want kernel-setup, the driver, the kernel and the cell; the run is locked by %s (%v)", chain, owner, err)
			}
			if err := syscall.Kill(chain[place].pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			c.Wait() // with an error, which it prints, or killed
			end(t, chain[1:])
			lock, err := disk.NewLock(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Close()
			if _, left, err := disk.List(dir, "*", "checkpoints/*"); err != nil || len(left) > 0 {
				t.Errorf("the training did not end between two steps: left behind are %v (%v)", left, err)
			}
		})
	}
}

func TestKernelsEndWhenTheProgramThatOpenedJupyterLabIsKilled(t *testing.T) {
	l := studio(t)
	c := kernelSetup(t, l)
	address, token := jupyterAddress(t, t.Context())
	answer, err := http.Post(fmt.Sprintf("%sapi/kernels?token=%s", address, token), "application/json", strings.NewReader(`{"name": "fashionlab"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("no kernel is started: %s", answer.Status)
	}
	started := descendants(t, c.Process.Pid)
	if len(started) < 2 { // the kernel may start others
		t.Errorf("the processes are %v, want JupyterLab and the kernel", started)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait() // it was killed
	end(t, started)
}
