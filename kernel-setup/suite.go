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

// The packages that the test suite tests with the race detector are those that start goroutines, but for those with GoMLX and the notebooks, whose test waits for kernels most of its time.
// The notebooks are the first of the others, so that the rest fill the time beside them.
var (
	racePackages = []string{"./fashion/disk/disktest", "./fashion/download", "./fashion/parent", "./fashion/hyperband", "./fashion/metrics", "./fashion/dataset", "./fashion/pictures", "./fashion/scene", "./fashion/notebook", "./fashion/cmd/fashionlab/internal/load",
		"./kernel-setup", "./kernel-setup/internal/parts"}
	otherPackages = []string{"./kernel-setup/internal/notebooks", "./fashion/train", "./fashion/claims", "./fashion", "./fashion/device", "./fashion/disk", "./fashion/recipes", "./fashion/run", "./fashion/estimate",
		"./fashion/linear", "./fashion/fewshot", "./fashion/ensemble", "./fashion/study", "./fashion/plots/...", "./fashion/report", "./fashion/photo", "./fashion/corruption", "./fashion/demo/...",
		"./fashion/layers", "./fashion/onnx", "./fashion/augment", "./fashion/models", "./fashion/pretrained", "./fashion/optim", "./fashion/infer", "./fashion/internal/...", "./fashion/gan", "./fashion/export",
		"./fashion/cmd/fashionlab", "./fashion/cmd/fashionlab/internal/bench", "./fashion/cmd/fashionlab/internal/check", "./fashion/cmd/fashionlab/internal/clusterprogram",
		"./fashion/cmd/fashionlab/internal/growth", "./fashion/cmd/fashionlab/internal/photobench", "./fashion/cmd/fashionlab/internal/searchplan",
		"./kernel-setup/internal/cuda", "./kernel-setup/internal/layout", "./kernel-setup/internal/layouttest", "./kernel-setup/internal/licences", "./kernel-setup/internal/process", "./kernel-setup/internal/python"}
)
