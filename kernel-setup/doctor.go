package main

import (
	"context"
	"errors"
	"fmt"
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

// doctor prints a line per part.
func doctor(ctx context.Context, l layout.Layout, o options) error {
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
	sayGPU := func() {
		if found, mend, err := cuda.Describe(ctx, l); found != "" || err != nil {
			line("GPU", found, err, mend)
		} else {
			fmt.Printf("-        %-14s no NVIDIA GPU found; everything runs on the CPU\n", "GPU")
		}
	}
	if o.onlyGPU {
		sayGPU()
		if missing > 0 {
			return &process.ExitError{Code: 1}
		}
		return nil
	}
	goPath, err := layout.GoCommand()
	line("Go", version(goPath, "env", "GOVERSION"), err, "install Go "+layout.LeastGo+" or later")
	line("platform", runtime.GOOS+"/"+runtime.GOARCH, parts.CheckPlatform(runtime.GOOS, runtime.GOARCH), "see README.md")
	interpreter, err := python.Find()
	if err == nil {
		err = python.CheckVenv(interpreter)
	}
	line("Python", version(interpreter, "--version"), err, python.VenvMend)
	for _, p := range parts.All() {
		found, err := p.Find(l)
		if err == nil && p.Name == parts.Plugin {
			err = parts.CheckSum(l)
		}
		mend := p.Mend
		if errors.Is(err, parts.ErrForeign) {
			mend = fmt.Sprintf("mv %q %q", l.Kernel(), l.Kernel()+".other")
		}
		line(p.Name, found, err, mend)
	}
	sayGPU()
	root, err := l.Runs()
	if err == nil {
		err = layout.CheckWritable(root)
	}
	line("folder", root, err, "name a writable one with $"+run.RootVariable)
	line("folder", l.Home, layout.CheckWritable(l.Home), "name a writable one with $FASHIONLAB_HOME")
	if missing > 0 {
		return &process.ExitError{Code: 1}
	}
	return nil
}
