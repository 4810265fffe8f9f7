package parts

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/python"
)

// XLA's own CPU plugin as a Python package: version, sha256 of the wheel for Linux on x86-64, the plugin in it.
const (
	wheelVersion = "lammps-jax-pjrt-cpu==0.11.2"
	wheelSum     = "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"
	wheelFile    = "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so"
)

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
		return fmt.Sprintf("CPU plugin %s, from %s", path, pluginSource(runtime.GOOS, runtime.GOARCH)), nil
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
	if runtime.GOOS != "linux" {
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return &pluginError{path, err}
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return &pluginError{path, err}
	}
	for _, s := range symbols {
		if s.Name == "GetPjrtApi" {
			return nil
		}
	}
	return &pluginError{path, errors.New("it does not export GetPjrtApi")}
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
	path := filepath.Join(l.XLA, device.CPUPlugin)
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		if err := fetchBinary(ctx, l, binariesAddress, runtime.GOOS, runtime.GOARCH, say); err != nil {
			return err
		}
		return l.SetStamp(Plugin, pluginInputs(path))
	}
	if err := python.Need(ctx, l); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(l.Home, "wheel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	say("downloading " + wheelVersion + " (60 MB) with pip")
	if err := python.Pip(ctx, l, nil, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=manylinux_2_27_x86_64", "--dest", dir, wheelVersion); err != nil {
		return err
	}
	wheels, err := fashion.Glob(dir, "*.whl")
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("pip left %d wheels, want 1", len(wheels))
	}
	plugin, err := pluginFromWheel(wheels[0])
	if err != nil {
		return err
	}
	say("writing " + path)
	if err := disk.WriteFile(path, plugin); err != nil {
		return err
	}
	return l.SetStamp(Plugin, pluginInputs(path))
}

// pluginFromWheel checks a wheel and returns the plugin in it.
func pluginFromWheel(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if sum := hash(data); sum != wheelSum {
		return nil, fmt.Errorf("%s has the sha256 %s, want %s; the package was changed after it was pinned", filepath.Base(path), sum, wheelSum)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	f, err := z.Open(wheelFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
