package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fashionlab/fashion"
)

// layout is where things are.
type layout struct {
	root    string // the module
	home    string // the project's private folder, fashion.Home
	jupyter string // the user's folder of Jupyter data, for the kernel's specification
	xla     string // the user's folder of go-xla, for the PJRT plugin
}

func newLayout() (layout, error) {
	root, err := moduleRoot()
	if err != nil {
		return layout{}, err
	}
	home, err := fashion.Home()
	if err != nil {
		return layout{}, err
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return layout{}, fmt.Errorf("the home folder is unknown; set HOME: %w", err)
	}
	l := layout{root: root, home: home, xla: filepath.Join(user, ".local", "lib", "go-xla")}
	switch {
	case os.Getenv("JUPYTER_DATA_DIR") != "":
		l.jupyter = os.Getenv("JUPYTER_DATA_DIR")
	case runtime.GOOS == "darwin":
		l.jupyter = filepath.Join(user, "Library", "Jupyter")
		l.xla = filepath.Join(user, "Library", "Application Support", "go-xla")
	default:
		l.jupyter = filepath.Join(user, ".local", "share", "jupyter")
	}
	return l, nil
}

// moduleRoot is the folder of the module's go.mod, upward from the working directory.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), "module fashionlab\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the fashionlab module; change to its folder", start)
		}
	}
}

func (l layout) bin() string       { return filepath.Join(l.home, "bin") }
func (l layout) venv() string      { return filepath.Join(l.home, "jupyter") }
func (l layout) data() string      { return filepath.Join(l.home, "fashion-mnist") }
func (l layout) lock() string      { return filepath.Join(l.home, "lock") }
func (l layout) stamps() string    { return filepath.Join(l.home, "stamps") }
func (l layout) python() string    { return filepath.Join(l.venv(), "bin", "python") }
func (l layout) kernel() string    { return filepath.Join(l.jupyter, "kernels", kernelName) }
func (l layout) notebooks() string { return filepath.Join(l.root, "notebooks") }
func (l layout) published() string { return filepath.Join(l.notebooks(), "published") }
func (l layout) stamp(part string) string {
	return filepath.Join(l.stamps(), part)
}

// tunablesVariable holds settings of the C library ("Memory Allocation Tunables" in its manual); other libraries ignore it.
const tunablesVariable = "GLIBC_TUNABLES"

// pages has the C library keep the pages that a program frees, which XLA wants again in each step, and asks for huge ones: with these a step takes about nine
// tenths of its time. The package train makes all of these settings but the last itself, in a C constructor, which Go's own linker leaves out.
const pages = "glibc.malloc.mmap_max=0:glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=0xffffffffffffffff:glibc.malloc.top_pad=0x4000000:glibc.malloc.hugetlb=1"

// tunables are the user's and ours, for programs with a backend.
func tunables() string {
	own := strings.TrimSuffix(os.Getenv(tunablesVariable), pages) // a program of ours may have started this one
	return strings.Trim(strings.Trim(own, ":")+":"+pages, ":")
}

// environment is what every child process gets beside the user's own: our programs first in PATH, and never an
// installation behind the user's back.
func (l layout) environment(more ...string) []string {
	path := l.bin() + string(os.PathListSeparator) + filepath.Join(l.venv(), "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	env := append(os.Environ(), "PATH="+path, "GOMLX_NO_AUTO_INSTALL=1")
	if os.Getenv("FASHION_RUNS") == "" {
		env = append(env, "FASHION_RUNS="+filepath.Join(l.root, "runs"))
	}
	return append(env, more...)
}

// backendEnvironment is environment for a program that may open a backend.
func (l layout) backendEnvironment() []string {
	return l.environment(tunablesVariable + "=" + tunables())
}

// goCommand is the path of the go command that the user's PATH names.
func goCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("no go command in PATH; install Go 1.26 or later: %w", err)
	}
	return path, nil
}
