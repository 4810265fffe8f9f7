// Package notebooks executes the study's notebooks with nbclient, says how long that will take and how far it is, and opens them in JupyterLab.
package notebooks

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
	"strings"
	"syscall"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
	"fashionlab/kernel-setup/internal/python"
)

//go:embed parent.py
var endWithParent string

//go:embed execute.py
var driver string

// Options are the flags of run.
type Options struct {
	Profile string // of the study: smoke, quick or full
	Only    string // how the names of the notebooks begin; "" for all
	Out     string // folder for the executed notebooks; "" for out/Profile in the module
	Plan    bool   // say how long it will take, and do not begin
	Site    string // folder for a site of the notebooks, instead of executing them; "" for none
}

// Check reports what is wrong with run's flags.
func Check(l layout.Layout, o Options) error {
	if _, err := study.ParseProfile(o.Profile); err != nil {
		return err
	}
	if o.Plan && o.Site != "" {
		return errors.New("-plan is for an execution, and -site executes nothing; leave one out")
	}
	if _, err := choose(l, o.Only); err != nil || o.Plan {
		return err
	}
	if o.Site != "" {
		if err := layout.CheckWritable(o.Site); err != nil {
			return fmt.Errorf("%s, for the site: %w; choose another folder with -site", o.Site, err)
		}
		return nil
	}
	out, err := outFolder(l, o)
	if err != nil {
		return err
	}
	if err := layout.CheckWritable(out); err != nil {
		return fmt.Errorf("%s, for the executed notebooks: %w; choose a writable folder with -out", out, err)
	}
	return l.CheckRuns()
}

// outFolder is where the executed notebooks go.
func outFolder(l layout.Layout, o Options) (string, error) {
	if o.Out == "" {
		return filepath.Join(l.Root, "out", o.Profile), nil
	}
	return filepath.Abs(o.Out)
}

// solutions is the folder of the solutions to the exercises, within that of the notebooks. They are executed where they are asked for.
const solutions = "solutions"

// choose lists the notebooks whose names begin with a prefix, in their order; with "solutions/" before it, the solutions.
func choose(l layout.Layout, prefix string) ([]string, error) {
	folder := l.Notebooks()
	if rest, ok := strings.CutPrefix(prefix, solutions+"/"); ok {
		folder, prefix = filepath.Join(folder, solutions), rest
	}
	all, err := fashion.Glob(folder, "*.ipynb")
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

// overviewLast puts the overview, whose table shows what the others trained, at the end.
func overviewLast(paths []string) []string {
	if nameOf(paths[0]) != "00-overview" {
		return paths
	}
	return append(paths[1:], paths[0])
}

// nameOf is a notebook's name without the extension.
func nameOf(path string) string { return strings.TrimSuffix(filepath.Base(path), ".ipynb") }

// Execute says what the notebooks will take, executes them and prints the results.
func Execute(ctx context.Context, l layout.Layout, o Options) error {
	chosen, err := choose(l, o.Only)
	if err != nil {
		return err
	}
	chosen = overviewLast(chosen)
	profile, err := study.ParseProfile(o.Profile)
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
	if err := plan.print(os.Stdout, o.Plan || profile == study.Full); err != nil || o.Plan {
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
	fmt.Printf("\nprofile %s: %d notebooks in %s\n\n", o.Profile, len(chosen), time.Since(start).Round(time.Second))
	root, err := l.Runs()
	if err != nil {
		return err
	}
	if err := report.Write(os.Stdout, os.Stderr, report.Stores{Local: run.StoreAt(root, false), Published: run.StoreAt(l.Published(), true)}, report.Options{}); err != nil {
		return err
	}
	fmt.Printf("\nexecuted notebooks (.ipynb) and copies to read in a browser (.html): %s\n", out)
	return nil
}

// maxEvent is how many bytes a line of the driver may have: the output of a failed cell is one.
const maxEvent = 64 << 20

// executeOne executes one notebook, with a line that shows how far it is.
func executeOne(ctx context.Context, l layout.Layout, path, out, profile string) error {
	name := nameOf(path)
	c := exec.CommandContext(ctx, l.Python(), python.Isolated, "-W", "ignore", "-c", endWithParent+driver, path, layout.KernelName,
		filepath.Join(out, name+".ipynb"), filepath.Join(out, name+".html"))
	c.Dir, c.Env = l.Home, l.NotebookEnvironment(study.ProfileVariable+"="+profile, notebook.UnattendedVariable+"=1")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	c.Stderr = &stderr
	events, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer events.Close()
	c.ExtraFiles = []*os.File{in} // its standard output is the kernel's too, and may outlive it
	start := time.Now()
	err = c.Start()
	in.Close() // the driver has it; its end is the pipe's end
	if err != nil {
		return fmt.Errorf("cannot execute %s: %w", path, err)
	}
	cells, done, failed, kernel, failure := 0, 0, 0, 0, ""
	info, err := os.Stdout.Stat()
	terminal, lineStart := err == nil && info.Mode()&os.ModeCharDevice != 0, "" // a person sees the line change in its place
	if terminal {
		lineStart = "\r"
	}
	line := func(end string) {
		fmt.Printf("%s%-20s cell %2d of %2d  %s%s", lineStart, name, done, cells, time.Since(start).Round(time.Second), end)
	}
	s := bufio.NewScanner(events)
	s.Buffer(nil, maxEvent)
	for s.Scan() {
		var event struct {
			Cells, Done, Failed, Kernel int
			Error                       string
		}
		if json.Unmarshal(s.Bytes(), &event) != nil {
			continue // a line that the driver's end cut short
		}
		cells, done, failed, kernel, failure = max(cells, event.Cells), max(done, event.Done), max(failed, event.Failed), max(kernel, event.Kernel), failure+event.Error
		if terminal {
			line("")
		}
	}
	unread := s.Err()
	if unread != nil {
		c.Process.Kill() // it may wait for us to read on
	}
	err = errors.Join(c.Wait(), unread)
	if !c.ProcessState.Exited() && kernel > 0 { // the driver was killed and has ended no kernel
		syscall.Kill(kernel, syscall.SIGTERM) // it may have ended
	}
	line("\n")
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; finished trainings are kept, and the next call resumes after the last epoch")
	case failed > 0:
		return fmt.Errorf("%s.ipynb: code cell %d failed:\n%s", name, failed, process.Cause(failure))
	case err != nil:
		return fmt.Errorf("%s.ipynb: %w\n%s", name, err, process.LastLines(stderr.String(), 15))
	}
	return nil
}
