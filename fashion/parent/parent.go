// Package parent ends a program in an orderly manner when the process that started it is gone, however that ended: one that is killed tells nobody. A training would
// go on with its run locked, and nobody would see it. It needs the standard library only.
//
// A process that is gone is known by the parent that the system gives its children instead, which no reused process id can imitate. Shells, nohup and terminals are
// not watched: whoever leaves a program behind on purpose keeps it.
package parent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// Variable is an environment variable with the process id of the program of ours that started another.
const Variable = "FASHIONLAB_PARENT"

// Setting is the environment variable for a program that this process starts and that is to end with it: one that calls Watch or does the same.
func Setting() string { return fmt.Sprintf("%s=%d", Variable, os.Getpid()) }

// interval is the time between two looks.
const interval = time.Second

// Watch sends this process SIGTERM when the one that started it is gone, if that passed Setting or is `go run`.
func Watch() {
	pid, ok := starter()
	if !ok {
		return
	}
	go func() {
		for os.Getppid() == pid {
			time.Sleep(interval)
		}
		syscall.Kill(os.Getpid(), syscall.SIGTERM) // this process is there
	}()
}

// starter is the process to watch. It takes the variable out of the environment: programs that this one starts have another parent.
func starter() (pid int, ok bool) {
	value := os.Getenv(Variable)
	os.Unsetenv(Variable) // fails for no name that a constant has
	if pid, err := strconv.Atoi(value); err == nil && pid > 0 && (pid == os.Getppid() || gone(pid)) {
		return pid, true
	}
	program, err := os.Executable()
	return os.Getppid(), err == nil && builtByGoRun.MatchString(program)
}

// builtByGoRun matches where `go run` puts the programs that it builds: in a temporary folder at first, then in its cache.
var builtByGoRun = regexp.MustCompile(`/(b\d+/exe|[0-9a-f]{64}-d)/[^/]+$`)

// gone reports whether there is no process of that id.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// Environment variables of a notebook's cell.
const (
	cellVariable    = "GONB_PIPE"      // GoNB sets it for the program of a cell, which is the kernel's child
	jupyterVariable = "JPY_PARENT_PID" // the process that started the kernel; jupyter_client sets it
)

// kernel is the kernel of a notebook's cell.
var kernel = os.Getppid()

// Context is ctx until, in a notebook's cell, the cell is interrupted, or the kernel or the Jupyter that started it is gone. Elsewhere it is ctx.
// Until stop, an interruption does nothing else, nor does output that no kernel reads: either would end the cell at once.
func Context(ctx context.Context) (watched context.Context, stop func()) {
	if os.Getenv(cellVariable) == "" {
		return ctx, func() {}
	}
	watched, cancel := context.WithCancel(ctx)
	jupyter := jupyter()
	interrupts, broken := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	signal.Notify(broken, syscall.SIGPIPE)
	go func() {
		defer cancel()
		look := time.NewTicker(interval)
		defer look.Stop()
		for os.Getppid() == kernel && !gone(jupyter) {
			select {
			case <-look.C:
			case <-broken: // perhaps because the kernel is gone
			case <-interrupts:
				return
			case <-watched.Done():
				return
			}
		}
	}()
	return watched, func() {
		cancel()
		signal.Stop(interrupts)
		signal.Stop(broken)
	}
}

// jupyter is the process that started the kernel, or this one where another program did, or one on another machine.
func jupyter() int {
	pid, err := strconv.Atoi(os.Getenv(jupyterVariable))
	if err != nil || pid < 1 || gone(pid) {
		return os.Getpid()
	}
	return pid
}
