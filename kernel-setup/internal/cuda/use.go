package cuda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// The choices of -gpu.
const (
	Auto = "auto"
	Off  = "off"
)

// Options are the flags of programs that compute on a GPU.
type Options struct {
	Choice        string // Auto, Off or the name of a release
	Deterministic bool   // a training can be repeated bit for bit
}

// CheckChoice reports a choice that there is not.
func CheckChoice(choice string) error {
	known := []string{Auto, Off}
	for _, r := range releases {
		known = append(known, r.name)
	}
	if slices.Contains(known, choice) {
		return nil
	}
	return fmt.Errorf("-gpu is %q, want one of %s", choice, strings.Join(known, ", "))
}

// Use has the programs that train compute on an NVIDIA GPU where there is one that works, and says which or why not. It installs what is missing. A GPU that
// cannot be used is an error only where the user chose a release of the plugin; otherwise the CPU computes.
func Use(ctx context.Context, l *layout.Layout, o Options, say func(string)) error {
	choice := o.Choice
	if backend := os.Getenv(device.BackendVariable); backend != "" {
		say(fmt.Sprintf("$%s is %q, which decides", device.BackendVariable, backend))
		var err error
		l.Accelerator, err = userAccelerator(ctx, *l, backend, o)
		return err
	}
	gpu := l.System.NVIDIA()
	switch {
	case choice == Off && gpu.Found():
		say(fmt.Sprintf("%v is not used (-gpu=off)", gpu))
		return nil
	case choice == Off || choice == Auto && !gpu.Found():
		return nil
	case !gpu.Found():
		return fmt.Errorf("-gpu=%s: no NVIDIA GPU found: there is no /dev/nvidia0, nor WSL2's /dev/dxg with a driver", choice)
	}
	plugin, answer, err := readyGPU(ctx, *l, choice, gpu, say)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && choice != Auto:
		return fmt.Errorf("-gpu=%s: %v: %w%s", choice, gpu, err, driverHint(gpu))
	case err != nil:
		say(fmt.Sprintf("%v is not used; the CPU computes instead: %v%s", gpu, err, driverHint(gpu)))
		return nil
	}
	l.Accelerator = plugin.settings(*l, o.Deterministic)
	say(fmt.Sprintf("%v computes (%s, plugin %s, %s)", gpu, answer.Backend, plugin.path, plugin.from))
	return nil
}

// driverHint says that a GPU's driver seems to be missing.
func driverHint(gpu device.NVIDIA) string {
	if gpu.Library != "" {
		return ""
	}
	return "; NVIDIA's driver seems to be missing: its library libcuda.so.1 is not where drivers put it"
}

// readyGPU finds the plugin, or installs it, and has it compute something in a process of its own.
func readyGPU(ctx context.Context, l layout.Layout, choice string, gpu device.NVIDIA, say func(string)) (plugin, probed, error) {
	plugin, refused := find(ctx, l, choice)
	if plugin.path == "" {
		release, err := releaseFor(choice, gpu)
		if err == nil {
			err = l.UnderLock(ctx, func() error { return install(ctx, l, release, say) })
		}
		if err != nil {
			return plugin, probed{}, errors.Join(refused, err)
		}
		if plugin, refused = find(ctx, l, release.name); plugin.path == "" {
			return plugin, probed{}, errors.Join(errors.New("the plugin was installed, but is not found"), refused)
		}
	}
	answer, err := probe(ctx, l, plugin, gpu)
	return plugin, answer, err
}

// settings are what programs need in their environment to compute with a plugin.
func (p plugin) settings(l layout.Layout, deterministic bool) []string {
	return append(p.help(l, deterministic), device.BackendVariable+"=xla:"+p.path)
}

// help is what a plugin needs beside its name: its tools, unless deterministic a folder that keeps what XLA found out about the fastest kernels, for the next process, and no
// warnings of go-xla about a layout that it does not know.
func (p plugin) help(l layout.Layout, deterministic bool) []string {
	var flags []string
	if p.tools != "" {
		flags = append(flags, fmt.Sprintf("--xla_gpu_cuda_data_dir=%q", p.tools))
	}
	if deterministic { // Triton's fusions have no deterministic form: XLA refuses them then. What another process found to be the fastest kernels may change at any time
		flags = append(flags, "--xla_gpu_deterministic_ops=true", "--xla_gpu_enable_triton_gemm=false")
	} else {
		flags = append(flags, fmt.Sprintf("--xla_gpu_per_fusion_autotune_cache_dir=%q", filepath.Join(l.CUDA(), "autotune")))
	}
	// The user's own flags come last: of two, XLA takes the later.
	return []string{"XLA_FLAGS=" + strings.TrimSpace(strings.Join(flags, " ")+" "+os.Getenv("XLA_FLAGS")), "GOPJRT_CUDA_CHECKS=0"}
}

// userAccelerator is what a plugin for GPUs needs that the user chose by name or by path. By name, go-xla is to open the one that we find: it does not know the
// names that JAX gives its plugins.
func userAccelerator(ctx context.Context, l layout.Layout, backend string, o Options) ([]string, error) {
	if !device.OnGPU(backend) {
		return nil, nil
	}
	name, rest, more := strings.Cut(strings.TrimPrefix(backend, "xla:"), ",")
	if more {
		rest = "," + rest
	}
	if filepath.IsAbs(name) {
		tools, err := toolsFor(l, name)
		return plugin{path: name, tools: tools}.help(l, o.Deterministic), err
	}
	plugin, refused := find(ctx, l, Auto)
	if plugin.path == "" {
		return nil, errors.Join(fmt.Errorf("$%s is %q, and there is no plugin for NVIDIA GPUs; install it with: go run ./kernel-setup setup", device.BackendVariable, backend), refused)
	}
	return append(plugin.help(l, o.Deterministic), device.BackendVariable+"=xla:"+plugin.path+rest), nil
}

// probed is what a probe found.
type probed struct {
	Device  string `json:"device"`
	Driver  string `json:"driver"`
	Backend string `json:"backend"`
}

// probePatience is how long a probe may take: the libraries of a first start are large.
const probePatience = 5 * time.Minute

// probe has a process of its own open a plugin and compute a convolution on the GPU: a plugin that crashes takes only that with it. A plugin, driver and GPU that did are
// not probed again.
func probe(ctx context.Context, l layout.Layout, p plugin, gpu device.NVIDIA) (probed, error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return probed{}, err
	}
	inputs := fmt.Sprintf("%s %d %d %s %v", p.path, info.Size(), info.ModTime().UnixNano(), p.tools, gpu)
	name := layout.GPUStamp + "probe"
	if data, err := os.ReadFile(l.Stamp(name)); err == nil {
		if kept, answer, ok := strings.Cut(string(data), "\n"); ok && kept == inputs {
			var a probed
			if err := json.Unmarshal([]byte(answer), &a); err == nil {
				return a, nil
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(l.CUDA(), "autotune"), 0o777); err != nil {
		return probed{}, err
	}
	if err := l.BuildProgram(ctx); err != nil {
		return probed{}, err
	}
	limited, stop := context.WithTimeout(ctx, probePatience)
	defer stop()
	c := exec.CommandContext(limited, l.Program(), "probe")
	c.Env, c.WaitDelay = l.Environment(p.settings(l, false)...), 5*time.Second
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no answer after %v", probePatience)
		}
		return probed{}, fmt.Errorf("%s does not compute: %w: %s", p.path, err, pluginReason(said.String()))
	}
	var a probed
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return probed{}, fmt.Errorf("the probe of %s said %q: %w", p.path, out.String(), err)
	}
	answer, err := json.Marshal(a)
	if err != nil {
		return probed{}, err
	}
	return a, l.SetStamp(name, inputs+"\n"+string(answer))
}

// pluginReason is what a plugin says of its failure, without what go-xla and we say around it.
func pluginReason(output string) string {
	reason := process.Cause(output)
	if i := strings.LastIndex(reason, "PJRT error"); i >= 0 {
		reason = reason[i:]
	}
	reason, _, _ = strings.Cut(reason, "; run `go run")
	return reason
}

// Describe is doctor's line: what is there, and whether programs that train use it.
func Describe(ctx context.Context, l layout.Layout) (found, fix string, err error) {
	gpu := l.System.NVIDIA()
	if !gpu.Found() {
		return "", "", nil
	}
	plugin, err := find(ctx, l, Auto)
	if plugin.path == "" {
		release, old := releaseFor(Auto, gpu)
		if old != nil {
			return "", "install a newer driver", fmt.Errorf("%v: %w", gpu, errors.Join(err, old))
		}
		return "", fmt.Sprintf("go run ./kernel-setup setup -gpu=%s (%.1f GB)", release.name, release.disk), errors.Join(fmt.Errorf("%v is not used: no plugin is installed", gpu), err)
	}
	answer, err := probe(ctx, l, plugin, gpu)
	if err != nil {
		return "", "read what the plugin says" + driverHint(gpu), fmt.Errorf("%v is not used: %w", gpu, err)
	}
	tools := ""
	if plugin.tools == "" {
		tools = ", without ptxas and libdevice: XLA looks for them by itself"
	}
	return fmt.Sprintf("%v, %s, plugin %s (%s)%s; run, train, search, bench and lab use it", gpu, answer.Backend, plugin.path, plugin.from, tools), "", nil
}
