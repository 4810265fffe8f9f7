package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"fashionlab/fashion/notebook"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

//go:embed execute.py
var driver string

// checkRun reports what is wrong with run's flags.
func checkRun(l layout, o options) error {
	if _, err := study.ParseProfile(o.profile); err != nil {
		return err
	}
	if _, err := chosenNotebooks(l, o.only); err != nil || o.plan {
		return err
	}
	out, err := outFolder(l, o)
	if err != nil {
		return err
	}
	if err := checkWritable(out); err != nil {
		return fmt.Errorf("%s, for the executed notebooks: %w; choose a writable folder with -out", out, err)
	}
	return checkRuns(l)
}

// outFolder is where the executed notebooks go.
func outFolder(l layout, o options) (string, error) {
	if o.out == "" {
		return filepath.Join(l.root, "out", o.profile), nil
	}
	return filepath.Abs(o.out)
}

// runsRoot is the folder of runs that the notebooks use.
func runsRoot(l layout) (string, error) {
	if os.Getenv(run.RootVariable) != "" {
		return run.Local().Root()
	}
	return filepath.Join(l.root, "runs"), nil
}

// checkRuns reports a folder of runs that cannot be written.
func checkRuns(l layout) error {
	root, err := runsRoot(l)
	if err != nil {
		return err
	}
	if err := checkWritable(root); err != nil {
		return fmt.Errorf("%s, for the runs: %w; name a writable folder with $%s", root, err, run.RootVariable)
	}
	return nil
}

// chosenNotebooks lists the notebooks whose names begin with a prefix, in their order.
func chosenNotebooks(l layout, prefix string) ([]string, error) {
	all, err := filesLike(l.notebooks(), "*.ipynb")
	if err != nil {
		return nil, err
	}
	var chosen, names []string
	for _, path := range all {
		names = append(names, filepath.Base(path))
		if strings.HasPrefix(filepath.Base(path), prefix) {
			chosen = append(chosen, path)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no notebook's name begins with %q; there are: %s", prefix, strings.Join(names, ", "))
	}
	return chosen, nil
}

// notebookName is a notebook's name without the extension.
func notebookName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".ipynb") }

// execute says what the notebooks will take, executes them and prints the results.
func execute(ctx context.Context, l layout, o options) error {
	chosen, err := chosenNotebooks(l, o.only)
	if err != nil {
		return err
	}
	profile, err := study.ParseProfile(o.profile)
	if err != nil {
		return err
	}
	out, err := outFolder(l, o)
	if err != nil {
		return err
	}
	plan, err := newPlan(l, chosen, profile, out)
	if err != nil {
		return err
	}
	if err := plan.print(os.Stdout, o.plan || profile == study.Full); err != nil || o.plan {
		return err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	start := time.Now()
	for _, path := range chosen {
		if err := executeTimed(ctx, l, path, out, profile); err != nil {
			return err
		}
	}
	fmt.Printf("\nprofile %s: %d notebooks in %s\n\n", o.profile, len(chosen), time.Since(start).Round(time.Second))
	root, err := runsRoot(l)
	if err != nil {
		return err
	}
	if err := report.Write(os.Stdout, os.Stderr, report.Stores{Local: run.StoreAt(root, false), Published: run.StoreAt(l.published(), true)}, report.Options{}); err != nil {
		return err
	}
	fmt.Printf("\nexecuted notebooks (.ipynb) and copies to read in a browser (.html): %s\n", out)
	return nil
}

// maxEvent is how many bytes a line of the driver may have: the output of a failed cell is one.
const maxEvent = 64 << 20

// executeNotebook executes one notebook, with a line that tells how far it is.
func executeNotebook(ctx context.Context, l layout, path, out, profile string) error {
	name := notebookName(path)
	c := exec.CommandContext(ctx, l.python(), isolated, "-W", "ignore", "-c", driver, path, kernelName,
		filepath.Join(out, name+".ipynb"), filepath.Join(out, name+".html"))
	c.Dir, c.Env = l.home, l.notebookEnvironment(study.ProfileVariable+"="+profile, notebook.UnattendedVariable+"=1")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	c.Stderr = &stderr
	events, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := c.Start(); err != nil {
		return fmt.Errorf("cannot execute %s: %w", path, err)
	}
	cells, done, failed, failure := 0, 0, 0, ""
	line := func(end string) {
		fmt.Printf("%s%-20s cell %2d of %2d  %s%s", lineStart(), name, done, cells, time.Since(start).Round(time.Second), end)
	}
	s := bufio.NewScanner(events)
	s.Buffer(nil, maxEvent)
	for s.Scan() {
		var event struct {
			Cells, Done, Failed int
			Error               string
		}
		if json.Unmarshal(s.Bytes(), &event) != nil {
			continue // something that a library printed
		}
		cells, done, failed, failure = max(cells, event.Cells), max(done, event.Done), max(failed, event.Failed), failure+event.Error
		if terminal() {
			line("")
		}
	}
	unread := s.Err()
	if unread != nil {
		c.Process.Kill() // it may wait for us to read on
	}
	err = errors.Join(c.Wait(), unread)
	line("\n")
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; finished trainings are kept, and the next call resumes after the last epoch")
	case failed > 0:
		return fmt.Errorf("%s.ipynb: code cell %d failed:\n%s", name, failed, cause(failure))
	case err != nil:
		return fmt.Errorf("%s.ipynb: %w\n%s", name, err, lastLines(stderr.String(), 15))
	}
	return nil
}

// terminal reports whether our output is read by a person.
func terminal() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// lineStart goes back to the start of the line where there is one.
func lineStart() string {
	if terminal() {
		return "\r"
	}
	return ""
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// plain removes a terminal's colours.
func plain(s string) string { return escapes.ReplaceAllString(s, "") }
