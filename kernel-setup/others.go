package main

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"time"
)

// labPatience is how long JupyterLab may take to end its kernels.
const labPatience = 10 * time.Second

// lab opens JupyterLab on the notebooks.
func lab(ctx context.Context, l layout, o options) error {
	args := append([]string{isolated, "-m", "jupyterlab", "--notebook-dir=" + l.notebooks()}, o.args...)
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	c := exec.CommandContext(ctx, l.python(), args...)
	c.Dir, c.Env, c.WaitDelay = l.notebooks(), l.notebookEnvironment(), labPatience
	return runShown(ctx, c)
}

// test runs the test suite: with the race detector where there is no GoMLX, then everything.
func test(ctx context.Context, l layout, o options) error {
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	goTest := func(env []string, args ...[]string) error {
		c := exec.CommandContext(ctx, goPath, slices.Concat(args...)...)
		c.Dir, c.Env, c.WaitDelay = l.root, env, testPatience
		return runShown(ctx, c)
	}
	if err := goTest(l.environment(), []string{"test", "-race", testLimit}, racePackages, o.args); err != nil {
		return err
	}
	return goTest(l.backendEnvironment(), []string{"test", testLimit}, otherPackages, o.args)
}

// testPatience is how long tests that are to stop may take.
const testPatience = 10 * time.Second

// testLimit ends a package's tests that hang. A slow machine must not reach it.
const testLimit = "-timeout=80m"

// The packages that the test suite tests with the race detector and without: those with GoMLX, and photo, which would take two minutes.
var (
	racePackages = []string{"./fashion", "./fashion/device", "./fashion/download", "./fashion/run", "./fashion/hyperband", "./fashion/metrics", "./fashion/ensemble", "./fashion/study", "./fashion/plots", "./fashion/report",
		"./kernel-setup"}
	otherPackages = []string{"./fashion/photo", "./fashion/demo", "./fashion/layers", "./fashion/augment", "./fashion/models", "./fashion/pretrained", "./fashion/optim", "./fashion/train", "./fashion/notebook",
		"./fashion/cmd/fashionlab"}
)
