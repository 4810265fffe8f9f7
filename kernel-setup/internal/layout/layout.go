// Package layout knows where things are: the module, the private folder of the set-up with its stamps, lock and programs, and the folders of Jupyter
// and of go-xla. It makes the environment of every program that is started, and builds and runs the program fashionlab in it.
package layout

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

// Layout is where things are, and where programs with a backend compute.
type Layout struct {
	Root    string // the module
	Home    string // the project's private folder, fashion.Home
	Jupyter string // the user's folder of Jupyter data, for the kernel's specification
	XLA     string // the user's folder of go-xla, for the PJRT plugin

	System      device.System // whose GPUs are looked for
	Accelerator []string      // settings for programs that compute on a GPU; none for the CPU
}

// New is the layout of this machine, as the user's environment variables and the working directory decide.
func New() (Layout, error) {
	if err := makePathsAbsolute(); err != nil {
		return Layout{}, err
	}
	root, err := fashion.ModuleRoot()
	if err != nil {
		return Layout{}, err
	}
	home, err := fashion.Home()
	if err != nil {
		return Layout{}, err
	}
	xla, err := device.UserPluginFolder()
	if err != nil {
		return Layout{}, fmt.Errorf("the home folder is unknown; set HOME: %w", err)
	}
	jupyter, err := jupyterData()
	return Layout{Root: root, Home: home, Jupyter: jupyter, XLA: xla}, err
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

func (l Layout) Bin() string         { return filepath.Join(l.Home, "bin") }                    // gonb and goimports
func (l Layout) Venv() string        { return filepath.Join(l.Home, "jupyter") }                // the private virtual environment
func (l Layout) Data() string        { return filepath.Join(l.Home, "fashion-mnist") }          // the data set
func (l Layout) Lock() string        { return filepath.Join(l.Home, "lock") }                   // file that the set-up locks
func (l Layout) Stamps() string      { return filepath.Join(l.Home, "stamps") }                 // what each part was last provided from
func (l Layout) Programs() string    { return filepath.Join(l.Home, "programs") }               // the program fashionlab of each copy of the module
func (l Layout) Executables() string { return filepath.Join(l.Home, "executables") }            // what XLA compiled, unless the user names another folder
func (l Layout) CUDA() string        { return filepath.Join(l.Home, "cuda") }                   // releases of NVIDIA's plugin
func (l Layout) Python() string      { return filepath.Join(l.Venv(), "bin", "python") }        // that of the private environment
func (l Layout) Kernel() string      { return filepath.Join(l.Jupyter, "kernels", KernelName) } // our kernel's specification
func (l Layout) Notebooks() string   { return filepath.Join(l.Root, "notebooks") }              // of the module
func (l Layout) Published() string   { return filepath.Join(l.Notebooks(), "published") }       // the published runs

// Stamp is the file that keeps what a part was last provided from.
func (l Layout) Stamp(part string) string {
	if strings.HasPrefix(part, GPUStamp) {
		return filepath.Join(l.CUDA(), part) // where a container keeps both in a volume
	}
	return filepath.Join(l.Stamps(), part)
}

// Program is where the program fashionlab is built: outside of the module, which may be read-only, and apart from another copy's.
func (l Layout) Program() string {
	if path := os.Getenv(ProgramVariable); path != "" {
		return path
	}
	return l.built("fashionlab")
}

// built is where a program of this copy of the module is built.
func (l Layout) built(name string) string {
	sum := sha256.Sum256([]byte(l.Root))
	return filepath.Join(l.Programs(), hex.EncodeToString(sum[:6]), name)
}

// LeastGo is the Go that go.mod asks for.
const LeastGo = "1.26.5"

// GoCommand is the path of the go command that the user's PATH names.
func GoCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("no go command in PATH; install Go %s or later: %w", LeastGo, err)
	}
	return path, nil
}

// OnGPU reports whether programs that train compute on an NVIDIA GPU.
func (l Layout) OnGPU() bool {
	backend := os.Getenv(device.BackendVariable)
	for _, setting := range l.Accelerator {
		if value, ok := strings.CutPrefix(setting, device.BackendVariable+"="); ok {
			backend = value
		}
	}
	return device.OnGPU(backend)
}

// GPUStamp begins the names of the stamps about GPUs.
const GPUStamp = "GPU."

// KernelName is the kernel's name in the notebooks' metadata. It is our own, so that it never takes the place of
// somebody's general GoNB kernel.
const KernelName = "fashionlab"
