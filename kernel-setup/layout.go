package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
)

// layout is where things are, and where programs with a backend compute.
type layout struct {
	root    string // the module
	home    string // the project's private folder, fashion.Home
	jupyter string // the user's folder of Jupyter data, for the kernel's specification
	xla     string // the user's folder of go-xla, for the PJRT plugin

	system      device.System // whose GPUs are looked for
	accelerator []string      // settings for programs that compute on a GPU; none for the CPU
}

func newLayout() (layout, error) {
	if err := makePathsAbsolute(); err != nil {
		return layout{}, err
	}
	root, err := fashion.ModuleRoot()
	if err != nil {
		return layout{}, err
	}
	home, err := fashion.Home()
	if err != nil {
		return layout{}, err
	}
	xla, err := device.UserPluginFolder()
	if err != nil {
		return layout{}, fmt.Errorf("the home folder is unknown; set HOME: %w", err)
	}
	jupyter, err := jupyterData()
	return layout{root: root, home: home, jupyter: jupyter, xla: xla}, err
}

// jupyterData is the folder in which Jupyter looks for the user's kernels
// (https://jupyter.readthedocs.io/en/latest/use/jupyter-directories.html).
func jupyterData() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) && runtime.GOOS != "darwin" {
		return filepath.Join(dir, "jupyter"), nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("the home folder is unknown; set HOME: %w", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(user, "Library", "Jupyter"), nil
	}
	return filepath.Join(user, ".local", "share", "jupyter"), nil
}

func (l layout) bin() string       { return filepath.Join(l.home, "bin") }
func (l layout) venv() string      { return filepath.Join(l.home, "jupyter") }
func (l layout) data() string      { return filepath.Join(l.home, "fashion-mnist") }
func (l layout) lock() string      { return filepath.Join(l.home, "lock") }
func (l layout) stamps() string    { return filepath.Join(l.home, "stamps") }
func (l layout) programs() string  { return filepath.Join(l.home, "programs") }
func (l layout) cuda() string      { return filepath.Join(l.home, "cuda") }
func (l layout) python() string    { return filepath.Join(l.venv(), "bin", "python") }
func (l layout) kernel() string    { return filepath.Join(l.jupyter, "kernels", kernelName) }
func (l layout) notebooks() string { return filepath.Join(l.root, "notebooks") }
func (l layout) published() string { return filepath.Join(l.notebooks(), "published") }
func (l layout) stamp(part string) string {
	if strings.HasPrefix(part, partGPU) {
		return filepath.Join(l.cuda(), part) // where a container keeps both in a volume
	}
	return filepath.Join(l.stamps(), part)
}

// program is where the program fashionlab is built: outside of the module, which may be read-only, and apart from another copy's.
func (l layout) program() string {
	if path := os.Getenv(programVariable); path != "" {
		return path
	}
	sum := sha256.Sum256([]byte(l.root))
	return filepath.Join(l.programs(), hex.EncodeToString(sum[:6]), "fashionlab")
}

// leastGo is the Go that go.mod asks for.
const leastGo = "1.26.5"

// goCommand is the path of the go command that the user's PATH names.
func goCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("no go command in PATH; install Go %s or later: %w", leastGo, err)
	}
	return path, nil
}
