package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
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
	if err := exec.Command(l.python(), "-I", "-c", "").Run(); err != nil {
		return "", fmt.Errorf("%s does not start: %w", l.python(), err)
	}
	versions := slices.DeleteFunc(strings.Fields(requirements), func(s string) bool { return !strings.Contains(s, "==") })
	return fmt.Sprintf("%s in %s", strings.Join(versions, ", "), l.venv()), nil
}

// makeJupyter fills a virtual environment of its own with the pinned packages.
func makeJupyter(ctx context.Context, l layout, say func(string)) error {
	if err := clearStamp(l, partJupyter); err != nil {
		return err
	}
	say("installing JupyterLab and nbconvert into " + l.venv())
	if err := makeVenv(ctx, l); err != nil {
		return err
	}
	if err := pip(ctx, l, nil, "install", "--quiet", "-r", filepath.Join(l.root, "kernel-setup", "requirements.txt")); err != nil {
		return err
	}
	return setStamp(l, partJupyter, requirements)
}
