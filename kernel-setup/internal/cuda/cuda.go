package cuda

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/python"
)

// plugin is a PJRT plugin for NVIDIA GPUs, with what it needs beside it.
type plugin struct {
	path  string // it is opened by: relative to this, it finds its libraries
	tools string // folder with bin/ptxas and nvvm/libdevice, which compile for the GPU; "" leaves it to XLA to find them
	from  string // for a reader
}

// release is a release of the plugin with its libraries, as Python packages that are pinned with their sha256.
type release struct {
	name         string // as in -gpu
	requirements string
	fetch, disk  float64 // in GB
	leastDriver  int
}

//go:embed cuda13.txt
var cuda13Requirements string

//go:embed cuda12.txt
var cuda12Requirements string

// releases are those that can be installed, the newer one first. The drivers are those that NVIDIA names for each
// (https://docs.nvidia.com/deploy/cuda-compatibility).
var releases = []release{
	{"cuda13", cuda13Requirements, 1.3, 2.6, 580},
	{"cuda12", cuda12Requirements, 1.7, 2.9, 525},
}

// plugin is where the release's plugin is in a folder of packages.
func (r release) plugin(packages string) string {
	return filepath.Join(packages, "jax_plugins", "xla_"+r.name, "xla_cuda_plugin.so")
}

// releaseFor is the release that a choice names, or else the newest that the driver suits. A driver whose version is unknown is taken for a new one.
func releaseFor(choice string, gpu device.NVIDIA) (release, error) {
	driver := gpu.DriverMajor()
	for _, r := range releases {
		if choice == r.name || choice == Auto && (driver == 0 || driver >= r.leastDriver) {
			return r, nil
		}
	}
	last := releases[len(releases)-1]
	return release{}, fmt.Errorf("the driver %s is too old; install version %d or later", gpu.Driver, last.leastDriver)
}

// leastPlugin is the oldest version of JAX's plugin that may be loaded: go-xla reads beyond the ends of an older one's structs.
const leastPlugin = "0.11.2"

// find returns the plugin that is there already: in $PJRT_PLUGIN_LIBRARY_PATH, in go-xla's folders, in the Python that the user's PATH names, or our own. A choice of
// a release leaves out those of another. Plugins that are there and cannot be used are errors, joined. A plugin whose tools cannot be linked is returned without them, with the error.
func find(ctx context.Context, l layout.Layout, choice string) (plugin, error) {
	var refused []error
	for _, candidate := range candidates(ctx, l) {
		release := releaseIn(candidate.path)
		if choice != Auto && release != "" && release != choice {
			continue
		}
		if err := checkUsable(candidate.path); err != nil {
			refused = append(refused, err)
			continue
		}
		var err error
		candidate.tools, err = toolsFor(l, candidate.path)
		return candidate, err
	}
	return plugin{}, errors.Join(refused...)
}

// releaseIn is the release that a plugin's path names, "" if it names none.
func releaseIn(path string) string {
	for _, r := range releases {
		if strings.Contains(filepath.ToSlash(path), "/xla_"+r.name+"/") {
			return r.name
		}
	}
	return ""
}

// candidates lists the files that are named like a plugin.
func candidates(ctx context.Context, l layout.Layout) (list []plugin) {
	folders := device.PluginFolders()
	from := "$" + device.PluginVariable
	if _, chosen := os.LookupEnv(device.PluginVariable); !chosen {
		from = "go-xla's folder"
		var deeper []string
		for _, dir := range folders {
			deeper = append(deeper, filepath.Join(dir, "nvidia"), dir) // the first is where go-xla's own installer puts it
		}
		folders = deeper
	}
	for _, dir := range folders {
		for _, pattern := range []string{"pjrt_c_api_cuda*_plugin.so", "pjrt_plugin_cuda*.so", "pjrt-plugin-cuda*.so"} {
			matches, err := fashion.Glob(dir, pattern)
			if err != nil {
				continue // there is no such folder
			}
			for _, path := range matches {
				list = append(list, plugin{path: path, from: from})
			}
		}
	}
	for _, path := range pythonPlugins(ctx, l) {
		list = append(list, plugin{path: path, from: "JAX of the Python in PATH"})
	}
	for _, r := range releases {
		if l.Stamped(layout.GPUStamp+r.name, r.requirements) {
			list = append(list, plugin{path: r.plugin(filepath.Join(l.CUDA(), r.name)), from: "installed by us"})
		}
	}
	return list
}

// askPython prints where JAX's plugins are in the Python that runs it.
const askPython = `import importlib.util, os, sys
sys.path = [p for p in sys.path if p]
for name in "jax_plugins.xla_cuda13", "jax_plugins.xla_cuda12":
    try:
        spec = importlib.util.find_spec(name)
    except ImportError:
        spec = None
    for folder in spec.submodule_search_locations if spec else []:
        path = os.path.join(folder, "xla_cuda_plugin.so")
        if os.path.exists(path):
            print(path)`

// pythonPlugins lists JAX's plugins in the Python that the user's PATH names.
func pythonPlugins(ctx context.Context, l layout.Layout) []string {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil
	}
	c := exec.CommandContext(ctx, python, "-c", askPython)
	c.Dir = "/"
	out, err := c.Output()
	if err != nil {
		return nil // a Python that cannot answer has none for us
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' || r == '\r' })
}

// checkUsable reports a file that is no plugin, or one of a version too old to be loaded if the package beside it states one. It loads nothing.
func checkUsable(path string) error {
	if err := parts.CheckPlugin(path); err != nil {
		return fmt.Errorf("%s is not used: it is no PJRT plugin", path)
	}
	packages := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	infos, err := fashion.Glob(packages, "jax_cuda*_pjrt-*.dist-info")
	if err != nil {
		return nil // it did not come as a package; the probe asks the plugin itself
	}
	for _, info := range infos {
		name, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(info), ".dist-info"), "-")
		if "xla_"+strings.TrimSuffix(strings.TrimPrefix(name, "jax_"), "_pjrt") != filepath.Base(filepath.Dir(path)) {
			continue
		}
		if slices.Compare(numbers(version), numbers(leastPlugin)) < 0 {
			return fmt.Errorf("%s is not used: it is of version %s, want %s or later: pip install -U %s", path, version, leastPlugin, strings.ReplaceAll(name, "_", "-"))
		}
	}
	return nil
}

var digits = regexp.MustCompile(`^[0-9]+`)

// numbers are those of a version: of "0.9.2.post1" 0, 9, 2 and 0.
func numbers(version string) (list []int) {
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(digits.FindString(part)) // what is no number counts as 0
		list = append(list, n)
	}
	return list
}

// install installs a release into the private folder, and says first what it downloads and how much disk that takes.
func install(ctx context.Context, l layout.Layout, r release, say func(string)) error {
	if err := checkRoom(l.Home, r.disk+r.fetch); err != nil {
		return err
	}
	say(fmt.Sprintf("downloading XLA's plugin for NVIDIA GPUs with its libraries (%s): %.1f GB from PyPI, %.1f GB on disk in %s; -gpu=off skips it",
		r.name, r.fetch, r.disk, l.CUDA()))
	if err := python.Need(ctx, l); err != nil {
		return err
	}
	lists := filepath.Join(l.Root, "kernel-setup", "internal", "cuda")
	if err := python.Pip(ctx, l, nil, "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", filepath.Join(lists, "pip.txt")); err != nil {
		return err
	}
	if err := os.MkdirAll(l.CUDA(), 0o777); err != nil {
		return err
	}
	staging, err := os.MkdirTemp(l.CUDA(), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	list := filepath.Join(lists, r.name+".txt")
	if err := python.Pip(ctx, l, say, "install", "--no-deps", "--only-binary=:all:", "--require-hashes", "--target", staging, "-r", list); err != nil {
		return err
	}
	final := filepath.Join(l.CUDA(), r.name)
	if err := errors.Join(os.RemoveAll(final), os.Rename(staging, final)); err != nil {
		return err
	}
	return l.SetStamp(layout.GPUStamp+r.name, r.requirements)
}

// checkRoom reports a disk with less than so many GB left.
func checkRoom(dir string, gb float64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if free := float64(s.Bavail) * float64(s.Bsize) / 1e9; free < gb {
		return fmt.Errorf("%.1f GB are free at %s, want %.1f to install the plugin for NVIDIA GPUs; make room, or name another folder with $FASHIONLAB_HOME", free, dir, gb)
	}
	return nil
}
