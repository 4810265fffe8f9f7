package device

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// NVIDIA describes the NVIDIA GPUs of a machine.
type NVIDIA struct {
	Files   []string // device files: "/dev/nvidia0" and so on; "/dev/dxg" under WSL2
	Names   []string // of the GPUs, for example "NVIDIA H100 80GB HBM3"; nil if unknown
	Driver  string   // the driver's version, for example "580.65.06"; "" if unknown
	Library string   // path of the driver's library libcuda.so.1; "" if it is in none of the usual folders
}

// Found reports whether there is a GPU.
func (n NVIDIA) Found() bool { return len(n.Files) > 0 }

// String describes the GPUs and their driver, for example "2 x NVIDIA A100-SXM4-40GB, driver 550.54.14".
func (n NVIDIA) String() string {
	if !n.Found() {
		return "no NVIDIA GPU"
	}
	var list []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(n.Names))) {
		count := len(slices.DeleteFunc(slices.Clone(n.Names), func(other string) bool { return other != name }))
		if count > 1 {
			name = fmt.Sprintf("%d x %s", count, name)
		}
		list = append(list, name)
	}
	if len(list) == 0 {
		list = []string{"an NVIDIA GPU (" + strings.Join(n.Files, ", ") + ")"}
	}
	driver := "driver unknown"
	if n.Driver != "" {
		driver = "driver " + n.Driver
	}
	return strings.Join(append(list, driver), ", ")
}

// DriverMajor returns the first number of the driver's version; 0 if it is unknown.
func (n NVIDIA) DriverMajor() int {
	major, _, _ := strings.Cut(n.Driver, ".")
	v, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return v
}

// numbered matches the device file of a GPU. "/dev/nvidiactl" and the like exist without a GPU.
var numbered = regexp.MustCompile(`^/dev/nvidia[0-9]+$`)

// libraryFolders are the folders of libcuda.so.1 on distributions, under WSL2, in containers and on NixOS.
var libraryFolders = []string{"/usr/lib/wsl/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib",
	"/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib", "/usr/local/cuda/compat"}

// NVIDIA detects GPUs by their device files, and describes them from the files of the driver's kernel module, or else by nvidia-smi.
func (s System) NVIDIA() NVIDIA {
	var n NVIDIA
	for _, file := range s.names("/dev", "nvidia") {
		if numbered.MatchString(file) {
			n.Files = append(n.Files, file)
		}
	}
	smi := s.managementTool()
	if s.exists("/dev/dxg") && (smi != "" || s.exists("/usr/lib/wsl/lib/libcuda.so.1")) { // GPUs of other makers have /dev/dxg too
		n.Files = append(n.Files, "/dev/dxg")
	}
	if !n.Found() {
		return n
	}
	for _, dir := range slices.Concat(filepath.SplitList(os.Getenv("LD_LIBRARY_PATH")), libraryFolders) {
		if path := filepath.Join(dir, "libcuda.so.1"); n.Library == "" && s.exists(path) {
			n.Library = path
		}
	}
	for _, dir := range s.names("/proc/driver/nvidia/gpus", "") {
		if model := field(s.read(filepath.Join(dir, "information")), "Model"); model != "" {
			n.Names = append(n.Names, model)
		}
	}
	n.Driver = firstVersion(s.read("/sys/module/nvidia/version"))
	if n.Driver == "" {
		n.Driver = firstVersion(field(s.read("/proc/driver/nvidia/version"), "NVRM version"))
	}
	if smi != "" && (len(n.Names) == 0 || n.Driver == "") {
		n.query(smi)
	}
	return n
}

// managementTool returns the path of nvidia-smi; "" if there is none. Under WSL2 it is outside of PATH.
func (s System) managementTool() string {
	if s.Root == "" {
		if path, err := exec.LookPath("nvidia-smi"); err == nil {
			return path
		}
	}
	for _, path := range []string{"/usr/lib/wsl/lib/nvidia-smi", "/usr/bin/nvidia-smi"} {
		if s.exists(path) {
			return s.path(path)
		}
	}
	return ""
}

// smiTimeout is how long nvidia-smi may take. It hangs if the driver does.
const smiTimeout = 20 * time.Second

// query completes the names and the driver's version by nvidia-smi. If it fails, they stay unknown.
func (n *NVIDIA) query(smi string) {
	ctx, stop := context.WithTimeout(context.Background(), smiTimeout)
	defer stop()
	out, err := exec.CommandContext(ctx, smi, "--query-gpu=name,driver_version", "--format=csv,noheader").Output()
	if err != nil {
		return
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		name, driver, ok := strings.Cut(strings.TrimSpace(line), ", ")
		if !ok {
			continue
		}
		names = append(names, name)
		if n.Driver == "" {
			n.Driver = firstVersion(driver)
		}
	}
	if len(n.Names) == 0 {
		n.Names = names
	}
}

var version = regexp.MustCompile(`\b[0-9]{3,}\.[0-9]+(\.[0-9]+)?\b`)

// firstVersion returns the first version of a driver in a text; "" if there is none.
func firstVersion(text string) string { return version.FindString(text) }
