// Package train executes recipes: it fits a model, resumes where a run stopped, predicts, and evaluates. It is the
// only package that loads PJRT.
package train

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Backend returns the process's compute backend: the one that $GOMLX_BACKEND names, "xla:cpu" without it. Nothing is
// installed behind the user's back.
var Backend = sync.OnceValues(func() (compute.Backend, error) {
	xla.EnableAutoInstall(false)
	config := os.Getenv("GOMLX_BACKEND")
	if config == "" {
		config = "xla:cpu"
	}
	var backend compute.Backend
	err := try(func() (err error) {
		if options, ok := strings.CutPrefix(config, "xla:"); ok && strings.HasPrefix(options, "cpu") {
			backend, err = cpu(options)
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

// cpu returns XLA's CPU backend. The plugin would make four devices, and as many threads; one device has a thread for each core.
func cpu(options string) (compute.Backend, error) {
	if err := setFlags(); err != nil {
		return nil, err
	}
	return xla.NewWithOptions(options, pjrt.NamedValuesMap{"cpu_device_count": int64(1)})
}

// try runs f and returns what it panics with as an error. Graph-building code panics; every exported function that
// builds or executes a graph passes through here.
func try(f func() error) error {
	var err error
	if caught := exceptions.TryCatch[error](func() { err = f() }); caught != nil {
		return caught
	}
	return err
}

// device describes where a backend computes.
func device(b compute.Backend) string {
	if strings.HasPrefix(b.Description(), "xla:cpu") || b.Name() == "go" {
		return fmt.Sprintf("cpu: %s, %d cores", processor(), runtime.NumCPU())
	}
	return b.DeviceDescription(0)
}

// processor returns the processor's name where the system tells it.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// PeakMemory returns how many bytes this process had in memory at most, 0 where the system does not tell.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// modules returns the versions of the modules that decide results.
func modules() map[string]string {
	versions := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "fashionlab", "github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla":
			versions[m.Path] = m.Version
		}
	}
	return versions
}
