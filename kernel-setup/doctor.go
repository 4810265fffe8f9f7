package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/cuda"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/process"
	"fashionlab/kernel-setup/internal/python"
)

// doctor prints a line for each part: what is installed, or what is missing and how to fix that.
func doctor(ctx context.Context, l layout.Layout, o options) error {
	if o.runs {
		return doctorRuns(l, os.Stdout)
	}
	missing := 0
	line := func(name, found string, err error, fix string) {
		if err != nil {
			missing++
			fmt.Printf("missing  %-14s %v\n         %-14s fix: %s\n", name, err, "", fix)
			return
		}
		fmt.Printf("ok       %-14s %s\n", name, found)
	}
	if !o.onlyGPU {
		checkParts(l, line)
	}
	if found, fix, err := cuda.Describe(ctx, l); found != "" || err != nil {
		line("GPU", found, err, fix)
	} else {
		fmt.Printf("-        %-14s no NVIDIA GPU found; everything runs on the CPU\n", "GPU")
	}
	if !o.onlyGPU {
		root, err := l.Runs()
		if err == nil {
			err = layout.CheckWritable(root)
		}
		line("folder", root, err, "name a writable one with $"+run.RootVariable)
		line("folder", l.Home, layout.CheckWritable(l.Home), "name a writable one with $FASHIONLAB_HOME")
	}
	if missing > 0 {
		return &process.ExitError{Code: 1}
	}
	return nil
}

// checkParts prints a line for each thing that the study needs of a machine, and for each that set-up provides.
func checkParts(l layout.Layout, line func(name, found string, err error, fix string)) {
	version := func(path string, args ...string) string {
		out, err := exec.Command(path, args...).Output()
		if err != nil {
			return path
		}
		return fmt.Sprintf("%s, %s", path, strings.TrimSpace(string(out)))
	}
	goPath, err := layout.GoCommand()
	line("Go", version(goPath, "env", "GOVERSION"), err, "install Go "+layout.LeastGo+" or later")
	line("platform", runtime.GOOS+"/"+runtime.GOARCH, parts.CheckPlatform(runtime.GOOS, runtime.GOARCH), "see README.md")
	interpreter, err := python.Find()
	if err == nil {
		err = python.CheckVenv(interpreter)
	}
	line("Python", version(interpreter, "--version"), err, python.VenvFix)
	for _, p := range parts.All() {
		found, err := p.Find(l)
		if err == nil && p.Name == parts.Plugin {
			err = parts.CheckSum(l)
		}
		fix := p.Fix
		if errors.Is(err, parts.ErrForeign) {
			fix = fmt.Sprintf("mv %q %q", l.Kernel(), l.Kernel()+".other")
		}
		line(p.Name, found, err, fix)
	}
}
