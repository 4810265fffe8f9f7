package device

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// machine is a system with these files.
func machine(t *testing.T, files map[string]string) System {
	t.Helper()
	root := t.TempDir()
	writeFiles(t, root, files)
	return System{Root: root}
}

// writeFiles writes files below a folder.
func writeFiles(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// smi stands for nvidia-smi and answers our query.
const smi = "#!/bin/sh\n[ \"$1\" = --query-gpu=name,driver_version ] && echo 'NVIDIA GeForce RTX 4090, 566.36' && echo 'NVIDIA GeForce RTX 4090, 566.36'\n"

func TestGPUsAreDetectedByFilesAndTheManagementTool(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", "")
	for name, c := range map[string]struct {
		files map[string]string
		want  NVIDIA
		text  string
	}{
		"none": {map[string]string{"dev/null": ""}, NVIDIA{}, ""},
		"kernel module of NVIDIA": {
			map[string]string{"dev/nvidia0": "", "dev/nvidiactl": "", "dev/nvidia-uvm": "", "usr/lib/x86_64-linux-gnu/libcuda.so.1": "",
				"proc/driver/nvidia/version":                       "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC version:  gcc 12.3\n",
				"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 16\n"},
			NVIDIA{[]string{"/dev/nvidia0"}, []string{"NVIDIA A100-SXM4-40GB"}, "535.104.05", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"},
			"NVIDIA A100-SXM4-40GB, driver 535.104.05",
		},
		"open kernel module": {
			map[string]string{"dev/nvidia3": "", "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (u@h)\n"},
			NVIDIA{Files: []string{"/dev/nvidia3"}, Driver: "550.54.14"},
			"an NVIDIA GPU (/dev/nvidia3), driver 550.54.14",
		},
		"WSL2": {
			map[string]string{"dev/dxg": "", "usr/lib/wsl/lib/libcuda.so.1": "", "usr/lib/wsl/lib/nvidia-smi": smi},
			NVIDIA{[]string{"/dev/dxg"}, []string{"NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090"}, "566.36", "/usr/lib/wsl/lib/libcuda.so.1"},
			"2 x NVIDIA GeForce RTX 4090, driver 566.36",
		},
		"WSL2 without a driver":  {map[string]string{"dev/dxg": ""}, NVIDIA{}, ""},
		"a tool that fails":      {map[string]string{"dev/nvidia0": "", "usr/bin/nvidia-smi": "#!/bin/sh\necho broken; exit 9\n"}, NVIDIA{Files: []string{"/dev/nvidia0"}}, "an NVIDIA GPU (/dev/nvidia0), driver unknown"},
		"a driver without a GPU": {map[string]string{"dev/nvidiactl": "", "sys/module/nvidia/version": "580.65.06\n"}, NVIDIA{}, ""},
		"a GPU whose driver is in a container": {
			map[string]string{"dev/nvidia0": "", "dev/nvidia1": "", "sys/module/nvidia/version": "580.65.06\n", "usr/local/nvidia/lib64/libcuda.so.1": ""},
			NVIDIA{[]string{"/dev/nvidia0", "/dev/nvidia1"}, nil, "580.65.06", "/usr/local/nvidia/lib64/libcuda.so.1"},
			"an NVIDIA GPU (/dev/nvidia0, /dev/nvidia1), driver 580.65.06",
		},
	} {
		got := machine(t, c.files).NVIDIA()
		if !reflect.DeepEqual(got, c.want) || got.Found() != (len(c.want.Files) > 0) {
			t.Errorf("%s: found %+v, want %+v", name, got, c.want)
		}
		if got.Found() && got.String() != c.text {
			t.Errorf("%s: the description is %q, want %q", name, got, c.text)
		}
	}
}

func TestDriverIsComparedByItsFirstNumber(t *testing.T) {
	for driver, want := range map[string]int{"580.65.06": 580, "": 0, "unknown": 0} {
		if got := (NVIDIA{Driver: driver}).DriverMajor(); got != want {
			t.Errorf("driver %q is %d, want %d", driver, got, want)
		}
	}
}

func TestProcessorIsNamedAsTheSystemDoes(t *testing.T) {
	s := machine(t, map[string]string{"proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC 9654 96-Core Processor\n"})
	if got := s.CPU(); !strings.HasPrefix(got, "cpu: AMD EPYC 9654 96-Core Processor, ") || !strings.HasSuffix(got, " cores") {
		t.Errorf("it is %q", got)
	}
	if got := machine(t, nil).CPU(); got == "" || strings.Contains(got, ": ,") {
		t.Errorf("without /proc it is %q", got)
	}
}

// On macOS go-xla's installer names the plugin .so too.
func TestCPUPluginIsFoundUnderBothNamesInTheOrderOfTheFolders(t *testing.T) {
	s := machine(t, map[string]string{"a [folder]/pjrt_c_api_cpu_plugin.dylib": "", "second/pjrt_c_api_cpu_plugin.so": "", "second/pjrt_c_api_cuda_plugin.so": ""})
	first, second := filepath.Join(s.Root, "a [folder]"), filepath.Join(s.Root, "second")
	for _, c := range []struct {
		folders []string
		want    string
	}{
		{[]string{first, second}, filepath.Join(first, "pjrt_c_api_cpu_plugin.dylib")},
		{[]string{filepath.Join(s.Root, "missing"), second, first}, filepath.Join(second, "pjrt_c_api_cpu_plugin.so")},
		{[]string{s.Root}, ""},
	} {
		if got := FindCPUPlugin(c.folders); got != c.want {
			t.Errorf("in %q: %q, want %q", c.folders, got, c.want)
		}
	}
	t.Setenv(PluginVariable, first+":"+second)
	if got := PluginFolders(); len(got) != 2 || got[1] != second {
		t.Errorf("folders are %q, want those of $%s and no others", got, PluginVariable)
	}
}

func TestBackendOnAGPUIsKnownByItsPlugin(t *testing.T) {
	for backend, want := range map[string]bool{
		"": false, "go": false, "xla:cpu": false, "xla:/cuda/pjrt_c_api_cpu_plugin.so": false,
		"xla:cuda": true, "xla:cuda,tf32=false": true, "xla:/lib/pjrt_c_api_cuda_plugin.so": true, "xla:/lib/pjrt_c_api_cuda_plugin.so,path=/a": true,
	} {
		if got := OnGPU(backend); got != want {
			t.Errorf("%q: %v, want %v", backend, got, want)
		}
	}
}

func TestLoadIsThatOfTheLastMinute(t *testing.T) {
	s := machine(t, map[string]string{"proc/loadavg": "23.75 24.21 20.61 3/411 12345\n"})
	if load, ok := s.Load(); load != 23.75 || !ok {
		t.Errorf("it is %v (%v)", load, ok)
	}
	if load, ok := machine(t, nil).Load(); ok {
		t.Errorf("without /proc it is %v", load)
	}
}
