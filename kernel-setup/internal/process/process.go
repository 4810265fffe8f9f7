// Package process runs programs, and finds the message that says why in the output of one that failed.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ExitError ends the program with a code. The message is printed already.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// RunQuietly runs a program; its output is shown if it fails.
func RunQuietly(ctx context.Context, dir string, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env, c.WaitDelay = dir, env, 5*time.Second // a child of its own may hold the output open
	out, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, LastLines(string(out), 15))
	}
	return nil
}

// RunShown runs a program with its output on ours. When we are to stop, it gets SIGTERM and may take as long as its WaitDelay says: JupyterLab ends
// its kernels on SIGTERM, and on SIGINT only where a person can confirm it.
func RunShown(ctx context.Context, c *exec.Cmd) error {
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	err := c.Run()
	if c.ProcessState == nil || err == nil {
		return err
	}
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case errors.Is(err, ctx.Err()) && c.ProcessState.Success():
		return nil // we asked it to stop, and it did
	case ok && status.Signaled():
		return &ExitError{128 + int(status.Signal())}
	case c.ProcessState.Success(): // and yet there is an error
		return err
	}
	return &ExitError{c.ProcessState.ExitCode()}
}

// LastLines are the last n lines of a text.
func LastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
