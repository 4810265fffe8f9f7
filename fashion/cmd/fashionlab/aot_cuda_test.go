//go:build cuda

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/device"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// The environment of the test.
const (
	cudaPlugin = "FASHIONLAB_CUDA_PLUGIN" // XLA's CUDA plugin, xla_cuda_plugin.so of a wheel jax-cuda13-pjrt
	cudaRoot   = "FASHIONLAB_CUDA_ROOT"   // folder with bin/ptxas and nvvm/libdevice, of the wheels nvidia-cuda-nvcc and nvidia-nvvm or of a CUDA toolkit
	stepOf     = "FASHIONLAB_STEP_OF"     // set for a process that only builds the training step of this recipe
)

// XLA compiles the training steps for an H100, without one, into few kernels:
//
//	FASHIONLAB_CUDA_PLUGIN=.../xla_cuda_plugin.so FASHIONLAB_CUDA_ROOT=.../nvidia/cu13 go test -tags cuda -run H100 -v ./fashion/cmd/fashionlab
//
// Before the layers had a form of their own for a GPU, ConvNeXt-Atto's step had 8,379 kernels, 3,692 of them convolutions.
func TestStepsCompileForAnH100(t *testing.T) {
	plugin, root := os.Getenv(cudaPlugin), os.Getenv(cudaRoot)
	if plugin == "" || root == "" {
		t.Skipf("$%s and $%s name no CUDA plugin and no ptxas: nothing is compiled for a GPU", cudaPlugin, cudaRoot)
	}
	dir := t.TempDir()
	compiler, shim := filepath.Join(dir, "aot"), filepath.Join(dir, "aot_cuda_plugin.so")
	xla, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla").Output()
	if err != nil {
		t.Fatal(err)
	}
	header := "-I" + filepath.Join(strings.TrimSpace(string(xla)), "pjrt")
	output(t, exec.Command("cc", "-O1", header, "-o", compiler, "../../../testdata/gpu/aot.c", "-ldl"))
	output(t, exec.Command("cc", "-O1", "-shared", "-fPIC", header, "-o", shim, "../../../testdata/gpu/standin.c", "-ldl"))

	for _, c := range []struct {
		recipe       string
		kernels      int // at most, of which
		convolutions int // cuDNN's
	}{{"cnn", 65, 11}, {"residual", 225, 32}, {"convnext-transfer", 600, 0}} {
		programs, dump := filepath.Join(dir, c.recipe), filepath.Join(dir, c.recipe+"-dump")
		if err := os.Mkdir(programs, 0o777); err != nil {
			t.Fatal(err)
		}
		build := exec.Command(os.Args[0], "-test.run=^TestBuildStep$")
		build.Env = append(os.Environ(), stepOf+"="+c.recipe, "GOMLX_BACKEND=xla:"+shim, "FASHIONLAB_PROGRAMS="+programs,
			"FASHIONLAB_STANDIN="+device.FindCPUPlugin(device.PluginFolders()))
		output(t, build)

		compile := exec.Command(compiler, plugin, "../../../testdata/gpu/h100.txtpb", largest(t, programs))
		compile.Env = append(os.Environ(), fmt.Sprintf("XLA_FLAGS=--xla_gpu_cuda_data_dir=%s --xla_dump_to=%s --xla_dump_hlo_as_text", root, dump))
		output(t, compile)
		lists, err := filepath.Glob(filepath.Join(dump, "*.thunk_sequence.txt"))
		if err != nil || len(lists) != 1 {
			t.Fatalf("%s: the compiler wrote %d lists of what it launches, want one (%v)", c.recipe, len(lists), err)
		}
		thunks, err := os.ReadFile(lists[0])
		if err != nil {
			t.Fatal(err)
		}
		// What is indented is launched for each step, in the loop of an execution, the condition once.
		launches, convolutions := bytes.Count(thunks, []byte("\n    "))-1, bytes.Count(thunks, []byte(" kConvolution "))
		t.Logf("%s: %d launches, %d convolutions", c.recipe, launches, convolutions)
		if launches < 1 || launches > c.kernels || convolutions != c.convolutions {
			t.Errorf("%s: a training step launches %d kernels, of them %d convolutions, want at most %d and %d", c.recipe, launches, convolutions, c.kernels, c.convolutions)
		}
	}
}

// TestBuildStep is the process in which a training step is built and compiled once, as for a GPU.
func TestBuildStep(t *testing.T) {
	name := os.Getenv(stepOf)
	if name == "" {
		t.Skipf("$%s names no recipe: TestStepsCompileForAnH100 runs this", stepOf)
	}
	t.Setenv(fashion.DirVariable, "../../../testdata/fashion-mnist")
	r, err := study.ByName(name, study.Smoke)
	if err != nil {
		t.Fatal(err)
	}
	r.Model.Weights, r.Model.FineTuneAt, r.Batch, r.Data.Limit = recipes.Weights{}, 0, 64, 500
	if _, err := bench.NewStepper(r); err != nil {
		t.Fatal(err)
	}
}

// output runs a command, which must succeed.
func output(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(c.Path), err, out)
	}
}

// largest is the largest file of a folder: of the programs of a stepper, the training step.
func largest(t *testing.T, dir string) (path string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > size {
			size, path = info.Size(), filepath.Join(dir, f.Name())
		}
	}
	if path == "" {
		t.Fatalf("%s is empty: no program was built", dir)
	}
	return path
}
