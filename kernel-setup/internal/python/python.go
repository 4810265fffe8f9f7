// Package python makes and fills the private virtual environment, which executes and shows the notebooks and fetches packages.
package python

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// Isolated has Python ignore its environment variables, the user's packages and the working directory, so that a PYTHONPATH or a file json.py beside us changes
// nothing.
const Isolated = "-I"

// Find returns the path of a Python of version 3.10 or later.
func Find() (string, error) {
	var seen []string
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, Isolated, "-c", "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))").Output()
		if err == nil {
			return path, nil
		}
		seen = append(seen, path+" "+strings.TrimSpace(string(out)))
	}
	return "", fmt.Errorf("no Python 3.10 or later in PATH (found: %s); install one, on Debian: apt-get install python3 python3-venv",
		strings.Join(seen, ", "))
}

// VenvEntries are the names of what a virtual environment holds.
func VenvEntries() []string {
	return []string{"bin", "include", "lib", "lib64", "share", "etc", "man", "pyvenv.cfg", ".gitignore"}
}

// checkForeign reports files of the user's own in the virtual environment, which making it anew would remove.
func checkForeign(venv string) error {
	entries, err := os.ReadDir(venv)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !slices.Contains(VenvEntries(), e.Name()) {
			return fmt.Errorf("%s holds %s, which the set-up did not make and would remove; move it elsewhere", venv, e.Name())
		}
	}
	return err
}

// makeVenv makes a new private virtual environment, with a pip of its own: the system's Python may have none, or one that installs nowhere else.
func makeVenv(ctx context.Context, l layout.Layout) error {
	python, err := Find()
	if err != nil {
		return err
	}
	if err := CheckVenv(python); err != nil {
		return fmt.Errorf("%w; %s", err, VenvFix)
	}
	if err := checkForeign(l.Venv()); err != nil {
		return err
	}
	return process.RunQuietly(ctx, l.Home, l.Environment(), python, Isolated, "-m", "venv", "--clear", l.Venv())
}

// VenvFix says how people get a Python that makes virtual environments.
const VenvFix = "install Python 3.10 or later with venv: on Debian and Ubuntu `apt-get install python3 python3-venv`"

// CheckVenv reports a Python that makes no virtual environment with a pip: some systems have these parts in a package of their own.
func CheckVenv(python string) error {
	if err := exec.Command(python, Isolated, "-c", "import venv, ensurepip").Run(); err != nil {
		return fmt.Errorf("%s makes no virtual environment: it lacks the modules venv or ensurepip", python)
	}
	return nil
}

// Need makes the private virtual environment where there is none that works.
func Need(ctx context.Context, l layout.Layout) error {
	if exec.Command(l.Python(), Isolated, "-c", "import pip").Run() == nil {
		return nil
	}
	if err := l.ClearStamp(Jupyter); err != nil {
		return err
	}
	return makeVenv(ctx, l)
}

// Pip runs the private environment's pip, which honours the user's mirrors and proxies. Its lines that say what it downloads go to say, if that is not nil.
func Pip(ctx context.Context, l layout.Layout, say func(string), command string, args ...string) error {
	args = append([]string{Isolated, "-m", "pip", command, "--disable-pip-version-check", "--no-input", "--progress-bar=off"}, args...)
	c := exec.CommandContext(ctx, l.Python(), args...)
	c.Dir, c.Env, c.WaitDelay = l.Home, l.Environment(), 5*time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		return err
	}
	var all strings.Builder
	for r := bufio.NewReader(out); err == nil; { // to the end: pip would wait for a pipe that nobody reads
		var line string
		line, err = r.ReadString('\n')
		line = strings.TrimSpace(line)
		fmt.Fprintln(&all, line)
		if say == nil {
			continue
		}
		if strings.HasPrefix(line, "Downloading ") || strings.HasPrefix(line, "Using cached ") || strings.HasPrefix(line, "Installing ") {
			say(line)
		}
	}
	if err := c.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("pip %s: %w: %s", command, err, pipReason(all.String()))
	}
	return nil
}

// pipReason is what pip says of its failure: its errors, else its last line, before which it may have printed a trace.
func pipReason(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	said := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return !strings.HasPrefix(line, "ERROR: ") && !strings.HasPrefix(line, "WARNING: Retrying")
	})
	if len(said) == 0 {
		said = lines[len(lines)-1:]
	}
	return process.LastLines(strings.Join(said, "\n"), 3)
}
