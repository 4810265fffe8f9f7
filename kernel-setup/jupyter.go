package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// requirements pin what the private environment holds.
//
//go:embed requirements.txt
var requirements string

func findJupyter(l layout) (string, error) {
	if !stamped(l, partJupyter, requirements) {
		return "", errors.New("JupyterLab and nbconvert are not installed, or in other versions")
	}
	if err := exec.Command(l.python(), "-c", "").Run(); err != nil {
		return "", fmt.Errorf("%s does not start: %w", l.python(), err)
	}
	versions := slices.DeleteFunc(strings.Fields(requirements), func(s string) bool { return !strings.Contains(s, "==") })
	return fmt.Sprintf("%s in %s", strings.Join(versions, ", "), l.venv()), nil
}

// makeJupyter makes a virtual environment of its own and fills it with the pinned packages. pip honours the user's
// mirrors and proxies.
func makeJupyter(ctx context.Context, l layout, say func(string)) error {
	if err := clearStamp(l, partJupyter); err != nil {
		return err
	}
	python, err := systemPython()
	if err != nil {
		return err
	}
	say("installing JupyterLab and nbconvert into " + l.venv())
	if err := runQuietly(ctx, l.root, os.Environ(), python, "-m", "venv", "--clear", l.venv()); err != nil {
		return fmt.Errorf("%w\non Debian and Ubuntu the package python3-venv is needed: apt-get install python3-venv", err)
	}
	err = runQuietly(ctx, l.root, os.Environ(), l.python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"-r", filepath.Join("kernel-setup", "requirements.txt"))
	if err != nil {
		return err
	}
	return setStamp(l, partJupyter, requirements)
}

// systemPython returns the path of a Python of version 3.10 or later.
func systemPython() (string, error) {
	var seen []string
	for _, name := range []string{"python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))").Output()
		if err == nil {
			return path, nil
		}
		seen = append(seen, path+" "+strings.TrimSpace(string(out)))
	}
	return "", fmt.Errorf("no Python 3.10 or later in PATH (found: %s); install one, on Debian: apt-get install python3 python3-venv",
		strings.Join(seen, ", "))
}
