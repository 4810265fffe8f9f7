package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"fashionlab/fashion/run"
)

// part is one thing that set-up provides.
type part struct {
	name string
	find func(layout) (found string, err error)            // what is there; the error says what is not
	make func(context.Context, layout, func(string)) error // provides it; the function tells the user what is done
	mend string                                            // the command that mends it where make cannot
}

const (
	partCompiler = "C compiler"
	partTools    = "GoNB"
	partJupyter  = "Jupyter"
	partPlugin   = "PJRT"
	partData     = "Fashion-MNIST"
	partLinker   = "linker"
	partKernel   = "kernel"
)

func parts() []part {
	const again = "go run ./kernel-setup setup"
	return []part{
		{partCompiler, findCompiler, makeCompiler, compilerMend},
		{partTools, findTools, makeTools, again},
		{partJupyter, findJupyter, makeJupyter, again},
		{partPlugin, findPlugin, makePlugin, again},
		{partData, findData, makeData, again},
		{partLinker, findLinker, makeLinker, again},
		{partKernel, findKernel, makeKernel, again},
	}
}

// setUp provides the named parts that are missing. Only one process at a time does.
func setUp(ctx context.Context, l layout, names []string) error {
	missing := missingParts(l, names)
	if len(missing) == 0 {
		return nil
	}
	return underLock(ctx, l, func() error { return makeParts(ctx, l, names) })
}

// underLock does what only one process at a time may.
func underLock(ctx context.Context, l layout, do func() error) error {
	if err := os.MkdirAll(l.home, 0o777); err != nil {
		return fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	if err := checkHome(l); err != nil {
		return err
	}
	unlock, err := lockSetUp(ctx, l.lock())
	if err != nil {
		return err
	}
	defer unlock()
	return do()
}

// checkHome reports a private folder that is used for other things too: what set-up and uninstall remove in it would be somebody's.
func checkHome(l layout) error {
	if _, err := os.Stat(l.lock()); err == nil {
		return nil
	}
	entries, err := os.ReadDir(l.home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !slices.Contains([]string{"weights", filepath.Base(l.stamps()), filepath.Base(l.programs())}, e.Name()) { // which may be there before the first set-up
			return fmt.Errorf("%s holds %s already, and must be for this project alone; name a new folder in it with $FASHIONLAB_HOME", l.home, e.Name())
		}
	}
	return err
}

// tell prints a line about a part.
func tell(part, what string) { fmt.Fprintf(os.Stderr, "%-14s %s\n", part, what) }

// makeParts provides the named parts that are missing: another process may have provided some meanwhile.
func makeParts(ctx context.Context, l layout, names []string) error {
	for _, p := range missingParts(l, names) {
		start := time.Now()
		say := func(what string) { tell(p.name, what) }
		if err := p.make(ctx, l, say); err != nil {
			return fmt.Errorf("setting up %s: %w", p.name, err)
		}
		found, err := p.find(l)
		if err != nil {
			return fmt.Errorf("setting up %s ended, but: %w", p.name, err)
		}
		say(fmt.Sprintf("ready in %.0fs: %s", time.Since(start).Seconds(), found))
	}
	return nil
}

func missingParts(l layout, names []string) []part {
	var missing []part
	for _, p := range parts() {
		for _, name := range names {
			if p.name == name {
				if _, err := p.find(l); err != nil {
					missing = append(missing, p)
				}
			}
		}
	}
	return missing
}

// lockSetUp waits until no other process sets up.
func lockSetUp(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot write in the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", path, err)
		}
		if !told {
			fmt.Println("waiting for another set-up to end")
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stamped reports whether a part was last provided from the same inputs.
func stamped(l layout, part, inputs string) bool {
	data, err := os.ReadFile(l.stamp(part))
	return err == nil && string(data) == inputs
}

func setStamp(l layout, part, inputs string) error {
	return run.WriteFile(l.stamp(part), []byte(inputs))
}

// clearStamp makes a part count as missing until it is provided anew.
func clearStamp(l layout, part string) error {
	if err := os.Remove(l.stamp(part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// runQuietly runs a program; its output is shown if it fails.
func runQuietly(ctx context.Context, dir string, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env, c.WaitDelay = dir, env, 5*time.Second // a child of its own may hold the output open
	out, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, lastLines(string(out), 15))
	}
	return nil
}

// runShown runs a program with its output on ours. When we are to stop, it is told to and waited for, as long as its WaitDelay says: JupyterLab ends
// its kernels on SIGTERM, and on SIGINT only where a person can confirm it.
func runShown(ctx context.Context, c *exec.Cmd) error {
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	err := c.Run()
	if c.ProcessState == nil || err == nil {
		return err
	}
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case errors.Is(err, ctx.Err()) && c.ProcessState.Success():
		return nil // it was told to stop, and did
	case ok && status.Signaled():
		return &exitError{128 + int(status.Signal())}
	case c.ProcessState.Success(): // and yet there is an error
		return err
	}
	return &exitError{c.ProcessState.ExitCode()}
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
