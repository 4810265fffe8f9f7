package infer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"

	"fashionlab/fashion/device"
	"fashionlab/fashion/internal/compilecache"
	"fashionlab/fashion/internal/winograd"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Backend returns the process's compute backend: the one that $GOMLX_BACKEND names, "xla:cpu" without it. Nothing is
// installed behind the user's back.
func Backend() (compute.Backend, error) { return backend() }

var backend = sync.OnceValues(func() (compute.Backend, error) {
	xla.EnableAutoInstall(false)
	config := os.Getenv(device.BackendVariable)
	if config == "" {
		config = "xla:cpu"
	}
	var backend compute.Backend
	err := layers.Catch(func() (err error) {
		if plugin, ok := strings.CutPrefix(config, "xla:"); ok {
			backend, err = openXLA(plugin)
		} else {
			backend, err = compute.NewWithConfig(config)
		}
		return err
	})
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("no backend %q: %s; run `go run ./kernel-setup doctor`, which says what is missing", config, first)
	}
	return backend, nil
})

// openXLA opens XLA's backend on a plugin, which is named as in $GOMLX_BACKEND, perhaps with options of go-xla after a comma. It opens the CPU's by its path:
// by name, go-xla would load every plugin that it finds, and a corrupt one for GPUs would end the process.
func openXLA(config string) (compute.Backend, error) {
	plugin, options, more := strings.Cut(config, ",")
	if more {
		options = "," + options
	}
	if !isCPU(plugin) {
		return openAccelerator(plugin, options)
	}
	if path := device.FindCPUPlugin(device.PluginFolders()); plugin == "cpu" && path != "" && !pjrt.IsCUDAName(path) {
		plugin = path // go-xla takes a path with cuda or nvidia in it, even in a folder's name, for a GPU's
	}
	loaded, err := loadPlugin(plugin)
	if err != nil {
		return nil, err
	}
	if err := setFlags(loaded); err != nil {
		return nil, err
	}
	// The plugin would make four devices, and as many threads; one device has a thread for each core.
	return xla.NewWithOptions(plugin+options, pjrt.NamedValuesMap{"cpu_device_count": int64(1)})
}

// isCPU reports whether a plugin, named as in $GOMLX_BACKEND, is the CPU's.
func isCPU(plugin string) bool { return strings.Contains(filepath.Base(plugin), "cpu") }

// Convolutions describes how 3x3 convolutions are computed on a CPU, once there is a backend.
func Convolutions() string {
	if compilecache.CallsWinograd() {
		return "functions in C, with " + winograd.Instructions()
	}
	return "XLA's operations"
}

// LargeBlocks describes what happens to XLA's large blocks of memory between two steps on a CPU, once there is a backend.
func LargeBlocks() string {
	if compilecache.KeepsBlocks() {
		return "kept for the next step"
	}
	return "the C library's"
}

// leastAPI is the minor version of PJRT's API (0.104) that go-xla is written for. It checks nothing itself, and reads beyond the ends of an older plugin's structs.
const leastAPI = 104

// loadPlugin loads the plugin of that path or name, which must be as new as go-xla needs.
func loadPlugin(name string) (*pjrt.Plugin, error) {
	plugin, err := pjrt.GetPlugin(name)
	if err != nil {
		return nil, err
	}
	if major, minor := plugin.Version(); major != 0 || minor < leastAPI {
		return nil, fmt.Errorf("the plugin %s speaks version %d.%d of PJRT's API, want 0.%d or later", plugin.Path(), major, minor, leastAPI)
	}
	return plugin, nil
}

// openAccelerator opens a backend that is not the CPU.
func openAccelerator(name, options string) (compute.Backend, error) {
	if _, err := loadPlugin(name); err != nil {
		return nil, err
	}
	if !strings.Contains(options, "shared_buffers") {
		options += ",shared_buffers=false" // which go-xla would switch on for a path with cpu in it
	}
	return xla.New(name + options)
}

// Computer says where a backend computes.
func Computer(b compute.Backend) run.Computer {
	x, ok := b.(*xla.Backend)
	if !ok {
		return run.Computer{Device: device.System{}.CPU(), Backend: b.Description()}
	}
	kind, version := filepath.Base(x.PluginName()), ""
	if plugin, err := pjrt.GetPlugin(x.PluginName()); err == nil { // it is loaded
		major, minor := plugin.Version()
		version = fmt.Sprintf(", PJRT %d.%d", major, minor)
	}
	switch {
	case layers.OnCPU(b):
		return run.Computer{Device: device.System{}.CPU(), Backend: "xla:cpu" + version}
	case x.IsCUDA():
		kind = "cuda"
	}
	c := run.Computer{Device: b.DeviceDescription(0), Backend: "xla:" + kind + version}
	if n := (device.System{}).NVIDIA(); kind == "cuda" && len(n.Names) > 0 { // go-xla has no name for it
		c.Device, c.Driver = strings.Join(slices.Compact(slices.Sorted(slices.Values(n.Names))), " or "), n.Driver
	}
	return c
}
