package parts

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/python"
)

// wheel is a Python package with XLA's CPU plugin.
type wheel struct {
	requirement string // with its version
	platform    string // as in the file's name
	sum         string // sha256 of the file
	plugin      string // the plugin in it
	megabytes   int    // to fetch
}

// wheels are those for each system. That for arm64 is of the XLA project's own (build_tools/pjrt_wheels in its sources), but older (API 0.81), and the only one.
var wheels = map[string]wheel{
	"linux_amd64": {"lammps-jax-pjrt-cpu==0.11.2", "manylinux_2_27_x86_64", "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		"lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so", 60},
	"linux_arm64": {"xla-cpu-pjrt==0.0.1", "manylinux_2_27_aarch64", "8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9",
		"xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so", 50},
}

// pluginSource names what the plugin for a system is installed from.
func pluginSource(goos, goarch string) string {
	if w, ok := wheels[goos+"_"+goarch]; ok {
		return w.requirement
	}
	return fmt.Sprintf("pjrt-cpu-binaries %s for %s_%s", binariesVersion, goos, goarch)
}

// InstalledPlugin names what this system's CPU plugin is installed from, and its version. The path is "" where there is no plugin.
func InstalledPlugin() (name, version, path string) {
	path = device.FindCPUPlugin(device.PluginFolders())
	if w, ok := wheels[runtime.GOOS+"_"+runtime.GOARCH]; ok {
		name, version, _ = strings.Cut(w.requirement, "==")
		return name, version, path
	}
	return "pjrt-cpu-binaries", binariesVersion, path
}

// CheckPlatform reports a system for which there is no plugin at all.
func CheckPlatform(goos, goarch string) error {
	platform := goos + "_" + goarch
	_, ok := wheels[platform]
	switch {
	case ok || platform == binariesPlatform:
		return nil
	case platform == "darwin_amd64":
		return errors.New("there is no XLA plugin for Macs with an Intel processor; use a container or another machine, see README.md")
	case goos == "windows":
		return errors.New("no support for Windows itself; use WSL2, which is Linux, see README.md")
	}
	return fmt.Errorf("there is no XLA plugin for %s on %s; there is one for linux/amd64, linux/arm64 and darwin/arm64", goos, goarch)
}

func findPlugin(l layout.Layout) (string, error) {
	dirs := device.PluginFolders()
	path := device.FindCPUPlugin(dirs)
	if path == "" {
		return "", fmt.Errorf("no CPU plugin in %s", strings.Join(dirs, ", "))
	}
	if err := CheckPlugin(path); err != nil {
		return "", err
	}
	if l.Stamped(Plugin, pluginInputs(path)) {
		return fmt.Sprintf("CPU plugin %s, from %s%s", path, pluginSource(runtime.GOOS, runtime.GOARCH), firstUse(l)), nil
	}
	return "CPU plugin " + path + ", not installed by us", nil
}

// pluginInputs distinguishes the plugin that we installed from any other.
func pluginInputs(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "missing"
	}
	return fmt.Sprintf("%s %d %d", pluginSource(runtime.GOOS, runtime.GOARCH), info.Size(), info.ModTime().UnixNano())
}

// pluginError is a file with the name of a plugin that is none.
type pluginError struct {
	path string
	err  error
}

func (e *pluginError) Error() string {
	return fmt.Sprintf("%s is no PJRT plugin: %v; remove it and run `go run ./kernel-setup setup`", e.path, e.err)
}

func (e *pluginError) Unwrap() error { return e.err }

// CheckPlugin checks, without loading it, that a shared library exports what makes it a plugin.
func CheckPlugin(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &pluginError{path, err}
	}
	defer f.Close()
	if err := checkExports(f, runtime.GOOS); err != nil {
		return &pluginError{path, err}
	}
	return nil
}

// entryPoint is the function that a PJRT plugin exports.
const entryPoint = "GetPjrtApi"

// checkExports reports a file that is no shared library of a system, or one without the entry point.
func checkExports(file io.ReaderAt, goos string) error {
	var exported bool
	if goos == "darwin" {
		f, err := macho.NewFile(file)
		if err != nil {
			return err
		}
		const kind, external, section = 0x0e, 0x01, 0x0e // of a symbol's type, in Apple's mach-o/nlist.h
		exported = f.Symtab != nil && slices.ContainsFunc(f.Symtab.Syms, func(s macho.Symbol) bool {
			return s.Name == "_"+entryPoint && s.Type&kind == section && s.Type&external != 0
		})
	} else {
		f, err := elf.NewFile(file)
		if err != nil {
			return err
		}
		symbols, err := f.DynamicSymbols()
		if err != nil {
			return err
		}
		exported = slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == entryPoint && s.Section != elf.SHN_UNDEF })
	}
	if !exported {
		return fmt.Errorf("it does not export %s", entryPoint)
	}
	return nil
}

// makePlugin installs the CPU plugin where go-xla looks for it. A file that is there and is no plugin is left to its
// owner.
func makePlugin(ctx context.Context, l layout.Layout, say func(string)) error {
	var foreign *pluginError
	if _, err := findPlugin(l); errors.As(err, &foreign) {
		return err
	}
	if list, ok := os.LookupEnv(device.PluginVariable); ok {
		return fmt.Errorf("$PJRT_PLUGIN_LIBRARY_PATH is %q and no plugin is there; unset it to have one installed", list)
	}
	if err := CheckPlatform(runtime.GOOS, runtime.GOARCH); err != nil {
		return err
	}
	plugin, err := fetchPlugin(ctx, l, say)
	if err != nil {
		return err
	}
	return installPlugin(l, plugin, say)
}

// installPlugin writes the plugin where go-xla looks for it.
func installPlugin(l layout.Layout, plugin []byte, say func(string)) error {
	path := filepath.Join(l.XLA, device.CPUPlugin)
	say("writing " + path)
	if err := disk.WriteFile(path, plugin); err != nil {
		return err
	}
	return l.SetStamp(Plugin, pluginInputs(path))
}

// fetchPlugin fetches this system's plugin.
func fetchPlugin(ctx context.Context, l layout.Layout, say func(string)) ([]byte, error) {
	w, ok := wheels[runtime.GOOS+"_"+runtime.GOARCH]
	if !ok {
		return fetchBinary(ctx, l, binariesAddress, say)
	}
	if err := python.Need(ctx, l); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(l.Home, "wheel-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	say(fmt.Sprintf("downloading %s (%d MB) with pip", w.requirement, w.megabytes))
	if err := python.Pip(ctx, l, nil, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform="+w.platform, "--dest", dir, w.requirement); err != nil {
		return nil, err
	}
	files, err := fashion.Glob(dir, "*.whl")
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("pip left %d wheels, want 1", len(files))
	}
	return w.read(files[0])
}

// read checks the wheel's file and returns the plugin in it.
func (w wheel) read(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if sum := hash(data); sum != w.sum {
		return nil, fmt.Errorf("%s has the sha256 %s, want %s; the package was changed after it was pinned", filepath.Base(path), sum, w.sum)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	f, err := z.Open(w.plugin)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
