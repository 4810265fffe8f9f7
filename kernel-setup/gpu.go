package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"fashionlab/fashion/device"
)

// The choices of -gpu.
const (
	gpuAuto = "auto"
	gpuOff  = "off"
)

// backend is that of programs that train, as in $GOMLX_BACKEND; "" is the CPU's.
func (l layout) backend() string {
	backend := os.Getenv(backendVariable)
	for _, setting := range l.accelerator {
		if value, ok := strings.CutPrefix(setting, backendVariable+"="); ok {
			backend = value
		}
	}
	return backend
}

// onGPU reports whether programs that train compute on an NVIDIA GPU.
func (l layout) onGPU() bool {
	plugin, found := strings.CutPrefix(l.backend(), "xla:")
	return found && strings.Contains(filepath.Base(plugin), "cuda")
}

// partGPU begins the names of the stamps about GPUs.
const partGPU = "GPU."

// backendVariable chooses the backend of programs with GoMLX. Where the user has set it, it is the user's choice.
const backendVariable = "GOMLX_BACKEND"

func checkGPU(choice string) error {
	known := []string{gpuAuto, gpuOff}
	for _, r := range cudaReleases {
		known = append(known, r.name)
	}
	for _, k := range known {
		if choice == k {
			return nil
		}
	}
	return fmt.Errorf("-gpu is %q, want one of %s", choice, strings.Join(known, ", "))
}

// useGPU has the programs that train compute on an NVIDIA GPU where there is one that works, and says which or why not. What is missing is installed. By itself it
// never fails: a GPU that cannot be used is told and left; one that was asked for by its release is an error.
func useGPU(ctx context.Context, l *layout, o options, say func(string)) error {
	choice := o.gpu
	if backend := os.Getenv(backendVariable); backend != "" {
		say(fmt.Sprintf("$%s is %q, which decides", backendVariable, backend))
		var err error
		l.accelerator, err = userAccelerator(ctx, *l, backend, o)
		return err
	}
	gpu := l.system.NVIDIA()
	switch {
	case choice == gpuOff && gpu.Found():
		say(fmt.Sprintf("%v sits unused, as -gpu=off says", gpu))
		return nil
	case choice == gpuOff || choice == gpuAuto && !gpu.Found():
		return nil
	case !gpu.Found():
		return fmt.Errorf("-gpu=%s: no NVIDIA GPU is here: there is no /dev/nvidia0, nor WSL2's /dev/dxg with a driver", choice)
	}
	plugin, answer, err := readyGPU(ctx, *l, choice, gpu, say)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && choice != gpuAuto:
		return fmt.Errorf("-gpu=%s: %v: %w%s", choice, gpu, err, driverHint(gpu))
	case err != nil:
		say(fmt.Sprintf("%v sits unused, and the CPU computes: %v%s", gpu, err, driverHint(gpu)))
		return nil
	}
	l.accelerator = plugin.settings(*l, o.deterministic)
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
func readyGPU(ctx context.Context, l layout, choice string, gpu device.NVIDIA, say func(string)) (cudaPlugin, probed, error) {
	plugin, refused := findCUDA(ctx, l, choice)
	if plugin.path == "" {
		release, err := releaseFor(choice, gpu)
		if err == nil {
			err = underLock(ctx, l, func() error { return installCUDA(ctx, l, release, say) })
		}
		if err != nil {
			return plugin, probed{}, errors.Join(refused, err)
		}
		if plugin, refused = findCUDA(ctx, l, release.name); plugin.path == "" {
			return plugin, probed{}, errors.Join(errors.New("the plugin was installed and is not found"), refused)
		}
	}
	answer, err := probe(ctx, l, plugin, gpu)
	return plugin, answer, err
}

// settings are what programs need in their environment to compute with a plugin.
func (p cudaPlugin) settings(l layout, deterministic bool) []string {
	return append(p.help(l, deterministic), backendVariable+"=xla:"+p.path)
}

// help is what a plugin needs beside its name: its tools, a folder that keeps what XLA found out about the fastest kernels, for the next process, and no
// warnings of go-xla about a layout that it does not know.
func (p cudaPlugin) help(l layout, deterministic bool) []string {
	flags := []string{fmt.Sprintf("--xla_gpu_per_fusion_autotune_cache_dir=%q", filepath.Join(l.cuda(), "autotune"))}
	if p.tools != "" {
		flags = append(flags, fmt.Sprintf("--xla_gpu_cuda_data_dir=%q", p.tools))
	}
	if deterministic { // Triton's fusions have no deterministic form: XLA refuses them then
		flags = append(flags, "--xla_gpu_deterministic_ops=true", "--xla_gpu_enable_triton_gemm=false")
	}
	// The user's own flags come last: of two, XLA takes the later.
	return []string{"XLA_FLAGS=" + strings.TrimSpace(strings.Join(flags, " ")+" "+os.Getenv("XLA_FLAGS")), "GOPJRT_CUDA_CHECKS=0"}
}

// userAccelerator is what a plugin for GPUs needs that the user chose by name or by path. By name, go-xla is to open the one that we find: it does not know the
// names that JAX gives its plugins.
func userAccelerator(ctx context.Context, l layout, backend string, o options) ([]string, error) {
	name, rest, more := strings.Cut(strings.TrimPrefix(backend, "xla:"), ",")
	if more {
		rest = "," + rest
	}
	switch {
	case !strings.HasPrefix(backend, "xla:") || !strings.Contains(filepath.Base(name), "cuda"):
		return nil, nil
	case filepath.IsAbs(name):
		tools, err := cudaTools(l, name)
		return cudaPlugin{path: name, tools: tools}.help(l, o.deterministic), err
	}
	plugin, refused := findCUDA(ctx, l, gpuAuto)
	if plugin.path == "" {
		return nil, errors.Join(fmt.Errorf("$%s is %q, and there is no plugin for NVIDIA GPUs; install it with: go run ./kernel-setup setup", backendVariable, backend), refused)
	}
	return append(plugin.help(l, o.deterministic), backendVariable+"=xla:"+plugin.path+rest), nil
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
func probe(ctx context.Context, l layout, p cudaPlugin, gpu device.NVIDIA) (probed, error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return probed{}, err
	}
	inputs := fmt.Sprintf("%s %d %d %s %v", p.path, info.Size(), info.ModTime().UnixNano(), p.tools, gpu)
	name := partGPU + "probe"
	if data, err := os.ReadFile(l.stamp(name)); err == nil {
		if kept, answer, ok := strings.Cut(string(data), "\n"); ok && kept == inputs {
			var a probed
			if err := json.Unmarshal([]byte(answer), &a); err == nil {
				return a, nil
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(l.cuda(), "autotune"), 0o777); err != nil {
		return probed{}, err
	}
	if err := buildProgram(ctx, l); err != nil {
		return probed{}, err
	}
	limited, stop := context.WithTimeout(ctx, probePatience)
	defer stop()
	c := exec.CommandContext(limited, l.program(), "probe")
	c.Env, c.WaitDelay = l.environment(p.settings(l, false)...), 5*time.Second
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
	return a, setStamp(l, name, inputs+"\n"+string(answer))
}

// pluginReason is what a plugin says of its failure, without what go-xla and we say around it.
func pluginReason(output string) string {
	reason := cause(output)
	if i := strings.LastIndex(reason, "PJRT error"); i >= 0 {
		reason = reason[i:]
	}
	reason, _, _ = strings.Cut(reason, "; run `go run")
	return reason
}

// describeGPU is doctor's line: what is there, and whether programs that train use it.
func describeGPU(ctx context.Context, l layout) (found, mend string, err error) {
	gpu := l.system.NVIDIA()
	if !gpu.Found() {
		return "", "", nil
	}
	plugin, err := findCUDA(ctx, l, gpuAuto)
	if plugin.path == "" {
		release, old := releaseFor(gpuAuto, gpu)
		if old != nil {
			return "", "install a newer driver", fmt.Errorf("%v: %w", gpu, errors.Join(err, old))
		}
		return "", fmt.Sprintf("go run ./kernel-setup setup -gpu=%s (%.1f GB)", release.name, release.disk), errors.Join(fmt.Errorf("%v sits unused: no plugin", gpu), err)
	}
	answer, err := probe(ctx, l, plugin, gpu)
	if err != nil {
		return "", "see what the plugin says" + driverHint(gpu), fmt.Errorf("%v sits unused: %w", gpu, err)
	}
	tools := ""
	if plugin.tools == "" {
		tools = ", without ptxas and libdevice: XLA looks for them by itself"
	}
	return fmt.Sprintf("%v, %s, plugin %s (%s)%s; run, train, search, bench and lab use it", gpu, answer.Backend, plugin.path, plugin.from, tools), "", nil
}
