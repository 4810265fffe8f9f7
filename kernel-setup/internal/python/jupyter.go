package python

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/kernel-setup/internal/layout"
)

// Jupyter is the part of the set-up that the environment is for.
const Jupyter = "Jupyter"

// requirements are the packages that the private environment is for.
//
//go:embed requirements.txt
var requirements string

// lock pins these and all that they need, with the sha256 of every file that PyPI has of them, for each Python from 3.10 on and each system.
//
//go:embed requirements.lock
var lock string

// lockFile is the lock in the module.
func lockFile(l layout.Layout) string {
	return filepath.Join(l.Root, "kernel-setup", "internal", "python", "requirements.lock")
}

// FindJupyter describes the packages in the environment, or says what is missing.
func FindJupyter(l layout.Layout) (string, error) {
	if !l.Stamped(Jupyter, lock) {
		return "", errors.New("JupyterLab and nbconvert are not installed, or in other versions")
	}
	if err := exec.Command(l.Python(), "-I", "-c", "").Run(); err != nil {
		return "", fmt.Errorf("%s does not start: %w", l.Python(), err)
	}
	versions := slices.DeleteFunc(strings.Fields(requirements), func(s string) bool { return !strings.Contains(s, "==") })
	return fmt.Sprintf("%s in %s", strings.Join(versions, ", "), l.Venv()), nil
}

// MakeJupyter fills a virtual environment of its own with the locked packages. pip refuses a file with another sha256, and builds nothing from source.
func MakeJupyter(ctx context.Context, l layout.Layout, say func(string)) error {
	if err := l.ClearStamp(Jupyter); err != nil {
		return err
	}
	say("installing JupyterLab and nbconvert into " + l.Venv())
	if err := makeVenv(ctx, l); err != nil {
		return err
	}
	if err := Pip(ctx, l, nil, "install", "--quiet", "--only-binary=:all:", "--require-hashes", "-r", lockFile(l)); err != nil {
		return err
	}
	return l.SetStamp(Jupyter, lock)
}
