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

// requirements pin what the private environment holds.
//
//go:embed requirements.txt
var requirements string

// FindJupyter describes the packages in the environment, or says what is missing.
func FindJupyter(l layout.Layout) (string, error) {
	if !l.Stamped(Jupyter, requirements) {
		return "", errors.New("JupyterLab and nbconvert are not installed, or in other versions")
	}
	if err := exec.Command(l.Python(), "-I", "-c", "").Run(); err != nil {
		return "", fmt.Errorf("%s does not start: %w", l.Python(), err)
	}
	versions := slices.DeleteFunc(strings.Fields(requirements), func(s string) bool { return !strings.Contains(s, "==") })
	return fmt.Sprintf("%s in %s", strings.Join(versions, ", "), l.Venv()), nil
}

// MakeJupyter fills a virtual environment of its own with the pinned packages.
func MakeJupyter(ctx context.Context, l layout.Layout, say func(string)) error {
	if err := l.ClearStamp(Jupyter); err != nil {
		return err
	}
	say("installing JupyterLab and nbconvert into " + l.Venv())
	if err := makeVenv(ctx, l); err != nil {
		return err
	}
	if err := Pip(ctx, l, nil, "install", "--quiet", "-r", filepath.Join(l.Root, "kernel-setup", "internal", "python", "requirements.txt")); err != nil {
		return err
	}
	return l.SetStamp(Jupyter, requirements)
}
