// Command fashionlab is the study's command line: training, searching, timing and checking the models, answers about photos, and the
// results. `go run ./kernel-setup COMMAND` sees to what a command needs, builds this program and hands its arguments over unchanged.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"fashionlab/fashion/parent"
)

func main() {
	parent.Watch()
	os.Exit(commandLine(os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes beside 0. An interrupted command's are those of shells: 128 and the signal's number.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitTerminated  = 128 + int(syscall.SIGTERM)
)

// parseOnly as the first argument has the others checked and nothing done: kernel-setup learns of a typing error before a set-up that takes minutes.
const parseOnly = "-parse-only"

// commandLine does what the arguments say and returns the exit code.
func commandLine(args []string, out, messages io.Writer) int {
	dry := len(args) > 0 && args[0] == parseOnly
	if dry {
		args = args[1:]
	}
	c, do, err := parse(args, out)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0 // the usage is printed
	case err != nil:
		fmt.Fprintln(messages, err)
		return exitUsage
	case dry:
		return 0
	}
	return execute(c, do, messages)
}

// execute does a command's work. SIGINT and SIGTERM end the context of one that heeds it, and any other command at once. A second
// SIGINT ends each: kernel-setup passes on a terminal's SIGINT as SIGTERM, so that a second signal of any kind would not do.
func execute(c command, do work, messages io.Writer) int {
	interrupted, terminated := context.Background(), context.Background()
	if c.heeds {
		var stop, stopTerminated context.CancelFunc
		interrupted, stop = signal.NotifyContext(interrupted, os.Interrupt)
		defer stop()
		terminated, stopTerminated = signal.NotifyContext(interrupted, syscall.SIGTERM)
		defer stopTerminated()
		context.AfterFunc(interrupted, stop)
	}
	err := do(terminated)
	if err == nil {
		return 0
	}
	fmt.Fprintln(messages, err)
	switch {
	case !errors.Is(err, context.Canceled):
		return exitFailed
	case interrupted.Err() != nil:
		return exitInterrupted
	}
	return exitTerminated
}
