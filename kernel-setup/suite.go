package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// test runs the test suite: what starts goroutines and has no GoMLX with the race detector, then everything else.
func test(ctx context.Context, l layout.Layout, o options) error {
	goPath, err := layout.GoCommand()
	if err != nil {
		return err
	}
	goTestIn := func(module string, env []string, args ...[]string) error {
		c := exec.CommandContext(ctx, goPath, slices.Concat(args...)...)
		c.Dir, c.Env, c.WaitDelay = filepath.Join(l.Root, module), env, testPatience
		return process.RunShown(ctx, c)
	}
	goTest := func(env []string, args ...[]string) error { return goTestIn("", env, args...) }
	others, err := otherPackages(ctx, l, goPath)
	if err != nil {
		return err
	}
	if err := goTest(l.Environment(), []string{"test", "-race", testLimit}, racePackages, o.args); err != nil {
		return err
	}
	if err := goTest(l.BackendEnvironment(), []string{"test", testLimit}, others, o.args); err != nil || os.Getenv(clusterTests) == "" {
		return err
	}
	return goTestIn(layout.ClusterModule, l.Environment(), []string{"test", testLimit, "."}, o.args)
}

// clusterTests has the tests of the cluster's module run too. Temporal's client and that of S3 take two minutes of processor time to compile, the server five.
const clusterTests = "FASHIONLAB_TEST_CLUSTER"

// testPatience is how long tests that are to stop may take.
const testPatience = 10 * time.Second

// testLimit ends a package's tests that hang. A slow machine must not reach it.
const testLimit = "-timeout=80m"

// The packages that take longest come first, so that the others fill the time beside them. The notebooks' tests wait for kernels most of the time: they do without the race detector.
const (
	notebooksPackage = "fashionlab/kernel-setup/internal/notebooks"
	trainPackage     = "fashionlab/fashion/train"
)

// racePackages are those that the test suite tests with the race detector: those that start goroutines, but for those with GoMLX and the notebooks.
var racePackages = []string{"fashionlab/fashion/disk", "fashionlab/fashion/disk/disktest", "fashionlab/fashion/download", "fashionlab/fashion/parent", "fashionlab/fashion/hyperband", "fashionlab/fashion/metrics", "fashionlab/fashion/dataset", "fashionlab/fashion/internal/largeblocks",
	"fashionlab/fashion/pictures", "fashionlab/fashion/scene", "fashionlab/fashion/notebook", "fashionlab/fashion/cmd/fashionlab/internal/load",
	"fashionlab/kernel-setup", "fashionlab/kernel-setup/internal/cuda", "fashionlab/kernel-setup/internal/parts"}

// otherPackages lists all packages but racePackages, in the order in which they are tested.
func otherPackages(ctx context.Context, l layout.Layout, goPath string) ([]string, error) {
	c := exec.CommandContext(ctx, goPath, "list", "./...")
	c.Dir, c.Env, c.Stderr = l.Root, l.Environment(), os.Stderr
	out, err := c.Output()
	list := []string{notebooksPackage, trainPackage}
	for _, name := range strings.Fields(string(out)) {
		if !slices.Contains(list, name) && !slices.Contains(racePackages, name) {
			list = append(list, name)
		}
	}
	return list, err
}
