package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/run"
)

// started is the program in a process of its own, and the lines that it writes to standard error.
func started(t *testing.T, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	return start(t, exec.CommandContext(t.Context(), os.Args[0], args...))
}

// start starts a command in which the test program is the program.
func start(t *testing.T, c *exec.Cmd) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c.Env = append(os.Environ(), asProgram+"=1")
	messages, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(messages)
}

// interruptedAt sends a signal when a line holds a text, and returns the program's last line and its exit code.
func interruptedAt(t *testing.T, c *exec.Cmd, lines *bufio.Scanner, text string, s os.Signal) (last string, code int) {
	t.Helper()
	var sent time.Time
	for lines.Scan() {
		if last = lines.Text(); sent.IsZero() && strings.Contains(last, text) {
			sent = time.Now()
			if err := c.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	err := c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if sent.IsZero() {
		t.Fatalf("no line holds %q; the last is %q", text, last)
	}
	t.Logf("%v: ended %v later with %d: %s", s, time.Since(sent).Round(time.Millisecond), c.ProcessState.ExitCode(), last)
	return last, c.ProcessState.ExitCode()
}

// epochsOf is how many epochs a run has.
func epochsOf(t *testing.T, name string) int {
	t.Helper()
	r, err := run.Local().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return len(r.History)
}

func TestTrainEndsWithinAStepOnASignalAndResumes(t *testing.T) {
	needData(t)
	args := []string{"train", "-recipe", "cnn", "-profile", "smoke", "-epochs", "30", "-name", "mine/stopped"}
	before := 0
	for _, c := range []struct {
		s    os.Signal
		code int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		program, lines := started(t, args...)
		last, code := interruptedAt(t, program, lines, "(validating)", c.s)
		if code != c.code || !strings.Contains(last, "interrupted in epoch") || !strings.Contains(last, "the run resumes after epoch") {
			t.Errorf("%v: it ends with %d and %q, want %d", c.s, code, last, c.code)
		}
		n := epochsOf(t, "mine/stopped")
		if n <= before || n > before+3 {
			t.Errorf("%v: there are %d epochs, before were %d: it did not end soon, or did not resume", c.s, n, before)
		}
		before = n
	}
}

func TestTrainEndsWithinAStepWhenTheProgramThatStartedItIsKilled(t *testing.T) {
	needData(t)
	shell, lines := start(t, exec.CommandContext(t.Context(), "sh", "-c", parent.Variable+`=$$ "$0" "$@" & wait`,
		os.Args[0], "train", "-recipe", "cnn", "-profile", "smoke", "-epochs", "1000", "-name", "mine/left"))
	if last, _ := interruptedAt(t, shell, lines, "(validating)", syscall.SIGKILL); !strings.Contains(last, "interrupted in epoch") {
		t.Errorf("it ends with %q", last)
	}
	if epochsOf(t, "mine/left") == 0 {
		t.Error("the epochs before are lost")
	}
}

func TestSearchEndsOnASignalWithWhatIsKept(t *testing.T) {
	needData(t)
	program, lines := started(t, "search", "-model", "cnn", "-profile", "smoke", "-R", "27")
	last, code := interruptedAt(t, program, lines, "best so far", syscall.SIGINT)
	if code != exitInterrupted || !strings.Contains(last, "the search resumes there") {
		t.Errorf("it ends with %d and %q", code, last)
	}
}

func TestSearchStopsWhenItsTimeIsOver(t *testing.T) {
	needData(t)
	program, lines := started(t, "search", "-model", "cnn", "-profile", "smoke", "-for", "1ns")
	last := ""
	for lines.Scan() {
		last = lines.Text()
	}
	if err := program.Wait(); err != nil || !strings.Contains(last, "-for 1ns is over") {
		t.Errorf("it ends with %q (%v)", last, err)
	}
}

// needData stops a test without the data set, of which testdata has fewer images than the smallest profile wants, and has programs keep runs in a folder of the test's.
func needData(t *testing.T) {
	t.Helper()
	if _, err := fashion.FindDir(); err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	t.Setenv(run.RootVariable, t.TempDir())
}
