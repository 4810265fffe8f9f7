package device

import (
	"strings"
	"testing"
)

// What the files of a system and nvidia-smi say is described in one line, however odd it is.
func FuzzSystem(f *testing.F) {
	f.Add("processor\t: 0\nmodel name\t: AMD EPYC 9654\n", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n", "Model: \t\t NVIDIA A100\nIRQ: 16\n")
	f.Add("", "", "")
	f.Add("model name:", "NVRM version:", "Model")
	root := f.TempDir()
	s := System{Root: root}
	write := func(t testing.TB, files map[string]string) { writeFiles(t, root, files) }
	write(f, map[string]string{"dev/nvidia0": ""})
	f.Fuzz(func(t *testing.T, cpu, driver, gpu string) {
		write(t, map[string]string{"proc/cpuinfo": cpu, "proc/driver/nvidia/version": driver, "proc/driver/nvidia/gpus/0/information": gpu})
		n := s.NVIDIA()
		if !n.Found() {
			t.Fatal("the GPU's file is not found")
		}
		for _, text := range []string{s.CPU(), n.String()} {
			if strings.Contains(text, "\n") || strings.TrimSpace(text) != text {
				t.Errorf("%q is not one line", text)
			}
		}
		if n.Driver != "" && (n.DriverMajor() < 100 || !strings.Contains(driver, n.Driver)) {
			t.Errorf("the driver of %q is %q, of major version %d", driver, n.Driver, n.DriverMajor())
		}
	})
}

// A backend is on a GPU by its plugin alone, whatever options follow it.
func FuzzOnGPU(f *testing.F) {
	for _, backend := range []string{"", "go", "xla:cpu", "xla:cuda,tf32=false", "xla:/cuda/pjrt_c_api_cpu_plugin.so", "xla:/"} {
		f.Add(backend)
	}
	f.Fuzz(func(t *testing.T, backend string) {
		got := OnGPU(backend)
		if got && !(strings.HasPrefix(backend, "xla:") && strings.Contains(backend, "cuda")) {
			t.Errorf("%q is on a GPU", backend)
		}
		if strings.HasPrefix(backend, "xla:") && OnGPU(backend+",cuda=cuda") != got {
			t.Errorf("an option decides that %q is on a GPU: %v without it", backend, got)
		}
	})
}
