package parent_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion/parent"
)

// roleVariable has the test program be one of a chain of processes, and outcomeVariable names the file in which the last says why it ended.
const (
	roleVariable    = "FASHIONLAB_TEST_ROLE"
	outcomeVariable = "FASHIONLAB_TEST_OUTCOME"
)

func TestMain(m *testing.M) {
	role, rest, _ := strings.Cut(os.Getenv(roleVariable), " ")
	switch role {
	case "":
		os.Exit(m.Run())
	case "start":
		start(rest, parent.Setting())
	case "start-as-a-shell":
		start(rest)
	case "program":
		program()
	case "cell":
		cell()
	}
}

// start starts the next process of the chain, prints how many follow after that and its id, and waits for its end. os.Args has the program to start, if it is another.
func start(rest string, more ...string) {
	name := os.Args[0]
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	c := exec.Command(name)
	c.Env = append(append(os.Environ(), roleVariable+"="+rest, fmt.Sprint("JPY_PARENT_PID=", os.Getppid())), more...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Start(); err != nil {
		panic(err)
	}
	fmt.Println(len(strings.Fields(rest))-1, c.Process.Pid)
	c.Wait() // whatever it ends with
}

// end writes why the last process ended, and ends it.
func end(why string) {
	if err := os.WriteFile(os.Getenv(outcomeVariable)+".new", []byte(why), 0o666); err != nil {
		panic(err)
	}
	if err := os.Rename(os.Getenv(outcomeVariable)+".new", os.Getenv(outcomeVariable)); err != nil {
		panic(err)
	}
	os.Exit(0)
}

// program ends when it is told to, and after a while.
func program() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	parent.Watch()
	if os.Getenv(parent.Variable) != "" {
		end("its own children would take its parent for theirs")
	}
	fmt.Println("ready")
	select {
	case <-told:
		end("told")
	case <-time.After(lifetime):
		end("on its own")
	}
}

// cell is a training in a notebook's cell, which prints all the time. Nobody may read it.
func cell() {
	ctx, stop := parent.Context(context.Background())
	defer stop()
	fmt.Println("ready")
	for begin := time.Now(); time.Since(begin) < lifetime; time.Sleep(time.Millisecond) {
		fmt.Fprintln(os.Stderr, "epoch 1")
		if ctx.Err() != nil {
			end("told")
		}
	}
	end("on its own")
}

// lifetime is how long a process lives that is not told to end.
const lifetime = 3 * time.Second

// ends starts a chain of processes, sends a signal to one of them, 0 for the first, and returns why the last of them ended.
func ends(t *testing.T, roles string, of int, s syscall.Signal, program ...string) string {
	t.Helper()
	outcome := filepath.Join(t.TempDir(), "outcome")
	c := exec.Command(os.Args[0], program...)
	c.Env = append(os.Environ(), roleVariable+"="+roles, outcomeVariable+"="+outcome)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	messages, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	chain := map[int]int{0: c.Process.Pid} // from each one's place to its id
	ready, lines := false, bufio.NewScanner(out)
	for last := len(strings.Fields(roles)) - 1; (!ready || len(chain) <= last) && lines.Scan(); {
		if ready = ready || lines.Text() == "ready"; lines.Text() == "ready" {
			continue
		}
		var followers, pid int
		if _, err := fmt.Sscan(lines.Text(), &followers, &pid); err != nil {
			t.Fatal(err)
		}
		chain[last-followers] = pid
	}
	if err := messages.Close(); err != nil { // breaks the pipe
		t.Fatal(err)
	}
	if err := syscall.Kill(chain[of], s); err != nil {
		t.Fatal(err)
	}
	if of == 0 {
		c.Wait() // it was killed
	} else {
		defer func() { c.Process.Kill(); c.Wait() }()
	}
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(10 * time.Millisecond) {
		data, err := os.ReadFile(outcome)
		if err == nil {
			return string(data)
		}
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return "without a reason"
}

func TestProgramIsToldWhenTheOneThatStartedItIsKilled(t *testing.T) {
	t.Parallel()
	if got := ends(t, "start program", 0, syscall.SIGKILL); got != "told" {
		t.Errorf("it ended: %s", got)
	}
}

func TestProgramOutlivesAShell(t *testing.T) {
	t.Parallel()
	if got := ends(t, "start-as-a-shell program", 0, syscall.SIGKILL); got != "on its own" {
		t.Errorf("it ended: %s", got)
	}
	// One that was started through our code is not told of the end of those before that, either.
	if got := ends(t, "start-as-a-shell start program", 0, syscall.SIGKILL); got != "on its own" {
		t.Errorf("it ended: %s", got)
	}
}

func TestProgramIsToldWhenGoRunIsKilled(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"go-build1586254283/b001/exe", "1d/1d61f3ab00eddf663a7f841b841cfae0f224b53611bf8f05607f32cf79d947db-d"} {
		program := filepath.Join(t.TempDir(), place, "kernel-setup")
		if err := os.MkdirAll(filepath.Dir(program), 0o777); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, data, 0o777); err != nil {
			t.Fatal(err)
		}
		if got := ends(t, "start-as-a-shell program", 0, syscall.SIGKILL, program); got != "told" {
			t.Errorf("in %s it ended: %s", place, got)
		}
	}
}

func TestProgramIsToldWhenTheOneThatStartedItIsGoneAlready(t *testing.T) {
	t.Parallel()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	outcome := filepath.Join(t.TempDir(), "outcome")
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"=program", outcomeVariable+"="+outcome, fmt.Sprintf("%s=%d", parent.Variable, gone.Process.Pid))
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(outcome); err != nil || string(data) != "told" {
		t.Errorf("it ended: %s (%v)", data, err)
	}
}

// A cell has no terminal, and what it prints goes to the kernel: without care the broken pipe would end it in the middle of a step.
func TestTrainingInACellEndsWithItsKernelAndWithJupyter(t *testing.T) {
	t.Setenv("GONB_PIPE", "/pipe")
	for who, c := range map[string]struct {
		roles string
		of    int
		s     syscall.Signal
		want  string
	}{
		"the kernel is killed":    {"start-as-a-shell start-as-a-shell cell", 1, syscall.SIGKILL, "told"},
		"Jupyter is killed":       {"start-as-a-shell start-as-a-shell cell", 0, syscall.SIGKILL, "told"},
		"a terminal is closed":    {"start-as-a-shell start-as-a-shell start-as-a-shell cell", 0, syscall.SIGKILL, "on its own"},
		"the cell is interrupted": {"start-as-a-shell cell", 1, syscall.SIGINT, "told"},
	} {
		if got := ends(t, c.roles, c.of, c.s); got != c.want {
			t.Errorf("%s: it ended: %s, want %s", who, got, c.want)
		}
	}
}
