package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// lab opens JupyterLab on the notebooks.
func lab(ctx context.Context, l layout, o options) error {
	args := append([]string{"-m", "jupyterlab", "--notebook-dir=" + l.notebooks()}, o.args...)
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	return runShown(ctx, l.notebooks(), l.environment(), l.python(), args...)
}

// study builds the program that needs the models, so that this one starts without them, and runs it where the user is.
func study(ctx context.Context, l layout, args ...string) error {
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	program := filepath.Join(l.root, "out", "study")
	if err := runQuietly(ctx, l.root, l.environment(), goPath, "build", "-o", program, "./kernel-setup/study"); err != nil {
		return err
	}
	return runShown(ctx, "", l.backendEnvironment(), program, args...)
}

// test runs the test suite: with the race detector where there is no GoMLX, then everything.
func test(ctx context.Context, l layout, o options) error {
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	first := slices.Concat([]string{"test", "-race"}, racePackages, o.args)
	if err := runShown(ctx, l.root, l.environment("CGO_ENABLED=1"), goPath, first...); err != nil {
		return err
	}
	return runShown(ctx, l.root, l.backendEnvironment(), goPath, slices.Concat([]string{"test", "-timeout=20m"}, otherPackages, o.args)...)
}

// The packages that the test suite tests with the race detector and without: those with GoMLX, and photo, which would take two minutes.
var (
	racePackages = []string{"./fashion", "./fashion/run", "./fashion/hyperband", "./fashion/recipes", "./fashion/score", "./fashion/fidelity", "./fashion/embed", "./fashion/plots", "./fashion/report",
		"./kernel-setup"}
	otherPackages = []string{"./fashion/photo", "./fashion/demo", "./fashion/layers", "./fashion/augment", "./fashion/models", "./fashion/pretrained", "./fashion/optim", "./fashion/train", "./fashion/notebook", "./fashion/effect",
		"./kernel-setup/study"}
)

// doctor prints a line per part.
func doctor(_ context.Context, l layout, _ options) error {
	missing := 0
	line := func(name, found string, err error, mend string) {
		if err != nil {
			missing++
			fmt.Printf("missing  %-14s %v\n         %-14s mend: %s\n", name, err, "", mend)
			return
		}
		fmt.Printf("ok       %-14s %s\n", name, found)
	}
	version := func(path string, args ...string) string {
		out, err := exec.Command(path, args...).Output()
		if err != nil {
			return path
		}
		return fmt.Sprintf("%s, %s", path, strings.TrimSpace(string(out)))
	}
	goPath, err := goCommand()
	line("Go", version(goPath, "env", "GOVERSION"), err, "install Go 1.26 or later")
	python, err := systemPython()
	line("Python", version(python, "--version"), err, "install Python 3.10 or later with venv")
	for _, p := range parts() {
		found, err := p.find(l)
		mend := p.mend
		if errors.Is(err, errForeign) {
			mend = fmt.Sprintf("mv %q %q", l.kernel(), l.kernel()+".other")
		}
		line(p.name, found, err, mend)
	}
	if gpu, plugin := findGPU(l); gpu != "" {
		line("GPU", gpu+", plugin "+plugin+"; GOMLX_BACKEND=xla:cuda uses it", nil, "")
	} else {
		fmt.Printf("-        %-14s none found; everything runs on the CPU\n", "GPU")
	}
	if missing > 0 {
		return &exitError{1}
	}
	return nil
}

// findGPU returns what tells of an NVIDIA GPU and the path of a PJRT plugin for it.
func findGPU(l layout) (gpu, plugin string) {
	if _, err := os.Stat("/dev/nvidia0"); err != nil {
		return "", ""
	}
	for _, dir := range pluginDirs(l) {
		if matches, _ := filepath.Glob(filepath.Join(dir, "pjrt_c_api_cuda*_plugin.so")); len(matches) > 0 { // the pattern is well formed
			return "/dev/nvidia0", matches[0]
		}
	}
	return "/dev/nvidia0", "not installed: pip install jax-cuda13-pjrt and link its xla_cuda_plugin.so as " +
		filepath.Join(l.xla, "pjrt_c_api_cuda_plugin.so")
}

// uninstall removes what set-up made. Runs and foreign files stay.
func uninstall(_ context.Context, l layout, _ options) error {
	plugin := filepath.Join(l.xla, pluginName)
	if stamped(l, partPlugin, pluginInputs(plugin)) {
		fmt.Println("removing", plugin)
		if err := os.Remove(plugin); err != nil {
			return err
		}
	}
	if data, err := os.ReadFile(filepath.Join(l.kernel(), "kernel.json")); err == nil && strings.Contains(string(data), `"`+kernelOwner+`": "`) {
		fmt.Println("removing", l.kernel())
		if err := os.RemoveAll(l.kernel()); err != nil {
			return err
		}
	}
	for _, made := range []string{l.bin(), l.venv(), l.data(), l.stamps(), l.lock()} {
		if _, err := os.Lstat(made); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fmt.Println("removing", made)
		if err := os.RemoveAll(made); err != nil {
			return err
		}
	}
	if err := os.Remove(l.home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Println("kept", l.home, "for what else is in it")
	}
	return nil
}
