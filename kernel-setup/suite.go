package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// test runs the test suite: with the race detector where there is no GoMLX, then everything.
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
	if err := goTest(l.Environment(), []string{"test", "-race", testLimit}, racePackages, o.args); err != nil {
		return err
	}
	if err := goTest(l.BackendEnvironment(), []string{"test", testLimit}, otherPackages, o.args); err != nil || os.Getenv(clusterTests) == "" {
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

// The packages that the test suite tests with the race detector and without: those with GoMLX, and claims, photo and scene, which would take minutes. The notebooks, whose test waits for
// kernels most of its time, are without it too, and first, so that the others' tests fill the time beside them.
var (
	racePackages = []string{"./fashion", "./fashion/device", "./fashion/disk/...", "./fashion/download", "./fashion/parent", "./fashion/recipes", "./fashion/dataset", "./fashion/run", "./fashion/hyperband", "./fashion/estimate", "./fashion/metrics", "./fashion/linear", "./fashion/fewshot", "./fashion/ensemble", "./fashion/study",
		"./fashion/plots/...", "./fashion/report",
		"./kernel-setup", "./kernel-setup/internal/cuda", "./kernel-setup/internal/layout", "./kernel-setup/internal/layouttest", "./kernel-setup/internal/licences", "./kernel-setup/internal/parts",
		"./kernel-setup/internal/process", "./kernel-setup/internal/python"}
	otherPackages = []string{"./kernel-setup/internal/notebooks", "./fashion/train", "./fashion/claims", "./fashion/photo", "./fashion/pictures", "./fashion/scene", "./fashion/corruption", "./fashion/demo/...", "./fashion/layers", "./fashion/onnx", "./fashion/augment", "./fashion/models", "./fashion/pretrained", "./fashion/optim",
		"./fashion/infer", "./fashion/internal/...", "./fashion/gan", "./fashion/export", "./fashion/notebook",
		"./fashion/cmd/fashionlab/..."}
)
