package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fashionlab/fashion/run"
)

// doctor prints a line per part.
func doctor(ctx context.Context, l layout, o options) error {
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
		if found, mend, err := describeGPU(ctx, l); found != "" || err != nil {
			line("GPU", found, err, mend)
		} else {
			fmt.Printf("-        %-14s no NVIDIA GPU found; everything runs on the CPU\n", "GPU")
		}
	}
	if o.onlyGPU {
		sayGPU()
		if missing > 0 {
			return &exitError{1}
		}
		return nil
	}
	goPath, err := goCommand()
	line("Go", version(goPath, "env", "GOVERSION"), err, "install Go "+leastGo+" or later")
	line("platform", runtime.GOOS+"/"+runtime.GOARCH, checkPlatform(runtime.GOOS, runtime.GOARCH), "see README.md")
	python, err := systemPython()
	if err == nil {
		err = checkVenv(python)
	}
	line("Python", version(python, "--version"), err, venvMend)
	for _, p := range parts() {
		found, err := p.find(l)
		if err == nil && p.name == partPlugin {
			err = checkSum(l)
		}
		mend := p.mend
		if errors.Is(err, errForeign) {
			mend = fmt.Sprintf("mv %q %q", l.kernel(), l.kernel()+".other")
		}
		line(p.name, found, err, mend)
	}
	sayGPU()
	for _, dir := range []func(layout) (string, error){runsRoot, homeFolder} {
		path, err := dir(l)
		if err == nil {
			err = checkWritable(path)
		}
		line("folder", path, err, "name a writable one with $"+run.RootVariable+" or $FASHIONLAB_HOME")
	}
	if missing > 0 {
		return &exitError{1}
	}
	return nil
}

func homeFolder(l layout) (string, error) { return l.home, nil }

// checkWritable reports a folder in which, or in the nearest one above it that there is, no file can be made.
func checkWritable(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir):
			dir = filepath.Dir(dir)
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is a file where a folder is wanted", dir)
		}
		f, err := os.CreateTemp(dir, ".fashionlab-")
		if err != nil {
			return fmt.Errorf("cannot write there: %w", err)
		}
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
}
