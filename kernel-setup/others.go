package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// lab opens JupyterLab on the notebooks.
func lab(ctx context.Context, l layout, o options) error {
	args := append([]string{isolated, "-m", "jupyterlab", "--notebook-dir=" + l.notebooks()}, o.args...)
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	return runShown(ctx, l.notebooks(), l.notebookEnvironment(), l.python(), args...)
}

// buildStudy builds the program that needs the models, so that this one starts without them.
func buildStudy(ctx context.Context, l layout) error {
	if os.Getenv(studyVariable) != "" {
		return nil
	}
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(l.program()), 0o777); err != nil {
		return err
	}
	return runQuietly(ctx, l.root, l.environment(), goPath, "build", "-o", l.program(), "./fashion/cmd/fashionlab")
}

// study runs that program where the user is.
func study(ctx context.Context, l layout, args ...string) error {
	if err := buildStudy(ctx, l); err != nil {
		return err
	}
	return runShown(ctx, "", l.backendEnvironment(), l.program(), args...)
}

// studyVariable names a study program that was built elsewhere, for a machine without Go: nothing is built or set up then.
const studyVariable = "FASHIONLAB_STUDY"

// test runs the test suite: with the race detector where there is no GoMLX, then everything.
func test(ctx context.Context, l layout, o options) error {
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	first := slices.Concat([]string{"test", "-race", testLimit}, racePackages, o.args)
	if err := runShown(ctx, l.root, l.environment(), goPath, first...); err != nil {
		return err
	}
	return runShown(ctx, l.root, l.backendEnvironment(), goPath, slices.Concat([]string{"test", testLimit}, otherPackages, o.args)...)
}

// testLimit ends a package's tests that hang. A slow machine must not reach it.
const testLimit = "-timeout=80m"

// The packages that the test suite tests with the race detector and without: those with GoMLX, and photo, which would take two minutes.
var (
	racePackages = []string{"./fashion", "./fashion/device", "./fashion/download", "./fashion/run", "./fashion/hyperband", "./fashion/recipes", "./fashion/score", "./fashion/fidelity", "./fashion/embed", "./fashion/plots", "./fashion/report",
		"./kernel-setup"}
	otherPackages = []string{"./fashion/photo", "./fashion/demo", "./fashion/layers", "./fashion/augment", "./fashion/models", "./fashion/pretrained", "./fashion/optim", "./fashion/train", "./fashion/notebook", "./fashion/effect",
		"./fashion/cmd/fashionlab"}
)

// check compares a backend's numbers with recorded ones.
func check(ctx context.Context, l layout, o options) error {
	return study(ctx, l, "check", "-only", o.recipes, "-against", o.against, "-write", o.write, fmt.Sprint("-float32=", o.float32))
}
