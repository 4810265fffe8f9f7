package cuda

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"fashionlab/fashion/device"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
	"fashionlab/kernel-setup/internal/process"
	"fashionlab/kernel-setup/internal/python"
)

// machine is a layout with the files of a GPU, whose programs are built with this machine's caches.
func machine(t *testing.T, files map[string]string) layout.Layout {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, strings.TrimSpace(string(value)))
	}
	l := layouttest.New(t)
	l.System = layouttest.System(t, files)
	return l
}

// standIn compiles the plugin that stands in for a GPU's, with flags of the compiler, and puts it at path.
func standIn(t *testing.T, path string, flags ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the plugin that stands in for a GPU's is compiled on Linux only")
	}
	c := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	args := append(flags, "-shared", "-fPIC", "-I"+filepath.Join(strings.TrimSpace(string(out)), "pjrt"), "-o", path, filepath.Join("..", "..", "..", "testdata", "gpu", "standin.c"), "-ldl")
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// realPlugin is the CPU plugin that the set-up installed.
func realPlugin(t *testing.T) string {
	t.Helper()
	path := device.FindCPUPlugin(device.PluginFolders())
	if path == "" {
		t.Fatal("the CPU plugin is missing; `go run ./kernel-setup test` does the set-up and runs all tests")
	}
	return path
}

// chosen is what Use says and decides.
func chosen(t *testing.T, l *layout.Layout, o Options) (said string, err error) {
	t.Helper()
	if o.Choice == "" {
		o.Choice = Auto
	}
	err = Use(t.Context(), l, o, func(what string) { said += what + "\n" })
	return said, err
}

func TestTrainingComputesOnAGPUThatWorksAndTheRecordSaysSo(t *testing.T) {
	real := realPlugin(t)
	l := machine(t, layouttest.H100)
	t.Setenv("FASHIONLAB_STANDIN", real)
	t.Setenv(run.RootVariable, t.TempDir())
	plugin := filepath.Join(l.XLA, "nvidia", "pjrt_c_api_cuda_plugin.so")
	standIn(t, plugin)
	for _, tool := range []string{ptxas, libdevice} { // as the packages have them
		layouttest.Write(t, filepath.Join(l.XLA, "nvidia", "cu13", tool), "")
	}
	said, err := chosen(t, &l, Options{Deterministic: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"NVIDIA H100 80GB HBM3, driver 580.65.06 computes", "xla:cuda, PJRT 0.", plugin, "go-xla's folder"} {
		if !strings.Contains(said, want) {
			t.Errorf("it said %q, which lacks %q", said, want)
		}
	}
	settings := strings.Join(l.Accelerator, "\n")
	for _, want := range []string{"GOMLX_BACKEND=xla:" + plugin, `--xla_gpu_cuda_data_dir="` + filepath.Join(l.XLA, "nvidia", "cu13") + `"`, "--xla_gpu_deterministic_ops=true"} {
		if !strings.Contains(settings, want) {
			t.Errorf("the settings are %q, which lack %q", settings, want)
		}
	}
	if !l.OnGPU() {
		t.Error("times of CPUs would be taken for this machine's")
	}

	if err := l.RunProgram(t.Context(), "train", "-recipe", "cnn", "-profile", "smoke", "-epochs", "1", "-data", fewPictures(t), "-fit", "crop", "-name", "few"); err != nil {
		t.Fatal(err)
	}
	r, err := run.Local().Open("few")
	if err != nil {
		t.Fatal(err)
	}
	if r.Record.Backend == "" || !strings.HasPrefix(r.Record.Backend, "xla:cuda, PJRT 0.") || strings.HasPrefix(r.Record.Device, "cpu: ") || len(r.History) != 1 {
		t.Errorf("the record has the backend %q and the device %q after %d epochs", r.Record.Backend, r.Record.Device, len(r.History))
	}

	// A second time nothing is probed: the plugin could not be opened now.
	t.Setenv("FASHIONLAB_STANDIN", "")
	if again, err := chosen(t, &l, Options{}); err != nil || again != said {
		t.Errorf("the second time it said %q (%v), want %q", again, err, said)
	}
}

// fewPictures is a data set of dark and light pictures: the stand-in takes seconds for a step.
func fewPictures(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for class, gray := range map[string]uint8{"dark": 50, "light": 200} {
		for i := range uint8(40) {
			picture := image.NewGray(image.Rect(0, 0, 28, 28))
			draw.Draw(picture, picture.Rect, image.NewUniform(color.Gray{gray + i}), image.Point{}, draw.Src)
			var file bytes.Buffer
			if err := png.Encode(&file, picture); err != nil {
				t.Fatal(err)
			}
			layouttest.Write(t, filepath.Join(dir, class, fmt.Sprint(i, ".png")), file.String())
		}
	}
	return dir
}

func TestFastestKernelsAreKeptForOtherProcessesUnlessATrainingIsToBeRepeated(t *testing.T) {
	l := layouttest.New(t)
	for deterministic, want := range map[bool]bool{false: true, true: false} {
		settings := strings.Join(plugin{}.settings(l, deterministic), " ")
		if got := strings.Contains(settings, "--xla_gpu_per_fusion_autotune_cache_dir="); got != want {
			t.Errorf("deterministic %v: the settings are %q", deterministic, settings)
		}
	}
}

func TestGPUThatCannotBeUsedIsReportedWithTheReasonAndTheCPUComputes(t *testing.T) {
	real := realPlugin(t)
	for name, c := range map[string]struct {
		flags []string // of the stand-in's compiler; nil for a text file
		want  []string
	}{
		"a plugin that crashes":    {[]string{"-DCRASH"}, []string{"CUDA_ERROR_STAND_IN", "does not compute"}},
		"an old plugin":            {[]string{"-DAPI_MINOR=80"}, []string{"0.80", "want 0.104 or later"}},
		"a file that is no plugin": {nil, []string{"no PJRT plugin"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := machine(t, layouttest.H100)
			t.Setenv("FASHIONLAB_STANDIN", real)
			t.Setenv("PIP_NO_INDEX", "1") // nothing can be installed instead
			t.Setenv("PIP_FIND_LINKS", "")
			plugin := filepath.Join(l.XLA, "nvidia", "pjrt_c_api_cuda_plugin.so")
			if c.flags == nil {
				layouttest.Write(t, plugin, "not a plugin")
			} else {
				standIn(t, plugin, c.flags...)
			}
			said, err := chosen(t, &l, Options{})
			if err != nil || len(l.Accelerator) > 0 {
				t.Errorf("auto: %v, settings %q", err, l.Accelerator)
			}
			for _, want := range append(c.want, "NVIDIA H100 80GB HBM3", "is not used; the CPU computes instead", plugin) {
				if !strings.Contains(said, want) {
					t.Errorf("it said %q, which lacks %q", said, want)
				}
			}
			_, err = chosen(t, &l, Options{Choice: "cuda13"})
			layouttest.Mentions(t, err, append(c.want, "-gpu=cuda13")...)
			_, fix, problem := Describe(t.Context(), l)
			layouttest.Mentions(t, problem, "is not used")
			if fix == "" {
				t.Error("doctor does not say how to fix it")
			}

			// go-xla, which looks for nvidia-smi, would load that plugin when it looks for the CPU's by name.
			layouttest.Write(t, filepath.Join(l.Bin(), "nvidia-smi"), "#!/bin/sh\necho NVIDIA-SMI\n")
			if err := os.Chmod(filepath.Join(l.Bin(), "nvidia-smi"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := link(real, filepath.Join(l.XLA, device.CPUPlugin)); err != nil {
				t.Fatal(err)
			}
			if err := l.BuildProgram(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := process.RunQuietly(t.Context(), l.Root, l.BackendEnvironment(), l.Program(), "backend"); err != nil {
				t.Errorf("with it, the CPU does not compute: %v", err)
			}
		})
	}
}

func TestUsersBackendDecidesBeforeAll(t *testing.T) {
	l := machine(t, layouttest.H100)
	t.Setenv(device.BackendVariable, "xla:cpu")
	said, err := chosen(t, &l, Options{Choice: "cuda13"})
	if err != nil || len(l.Accelerator) > 0 || !strings.Contains(said, `$GOMLX_BACKEND is "xla:cpu"`) {
		t.Errorf("said %q (%v), settings %q", said, err, l.Accelerator)
	}
	plugin := filepath.Join(l.XLA, "nvidia", "pjrt_c_api_cuda_plugin.so")
	standIn(t, plugin)
	t.Setenv(device.BackendVariable, "xla:cuda")
	if _, err := chosen(t, &l, Options{}); err != nil {
		t.Fatal(err)
	}
	if settings := strings.Join(l.Accelerator, "\n"); !strings.Contains(settings, device.BackendVariable+"=xla:"+plugin) || !l.OnGPU() {
		t.Errorf("settings are %q, want the plugin's path", settings)
	}
	t.Setenv(device.BackendVariable, "xla:"+plugin+",tf32=false")
	if _, err := chosen(t, &l, Options{Deterministic: true}); err != nil {
		t.Fatal(err)
	}
	if settings := strings.Join(l.Accelerator, "\n"); !strings.Contains(settings, "--xla_gpu_deterministic_ops=true") || strings.Contains(settings, device.BackendVariable) {
		t.Errorf("settings are %q, want the flags, and the user's path as it is", settings)
	}
	if err := os.Remove(plugin); err != nil {
		t.Fatal(err)
	}
	t.Setenv(device.BackendVariable, "xla:cuda")
	_, err = chosen(t, &l, Options{})
	layouttest.Mentions(t, err, "xla:cuda", "no plugin for NVIDIA GPUs")
}

func TestMachineWithoutAGPUIsLeftInPeace(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"nothing":                     {"dev/null": ""},
		"a driver without a GPU":      {"dev/nvidiactl": "", "sys/module/nvidia/version": "580.65.06"},
		"WSL2 with another GPU":       {"dev/dxg": ""},
		"a folder named like devices": {"dev/nvidia-caps/nvidia-cap1": ""},
	} {
		l := machine(t, files)
		if said, err := chosen(t, &l, Options{}); said != "" || err != nil || len(l.Accelerator) > 0 {
			t.Errorf("%s: said %q (%v)", name, said, err)
		}
		_, err := chosen(t, &l, Options{Choice: "cuda12"})
		layouttest.Mentions(t, err, "-gpu=cuda12", "no NVIDIA GPU", "/dev/nvidia0")
	}
}

func TestGPUIsSwitchedOffByAWordAndSaidToBe(t *testing.T) {
	l := machine(t, layouttest.H100)
	if said, err := chosen(t, &l, Options{Choice: Off}); err != nil || !strings.Contains(said, "is not used (-gpu=off)") || len(l.Accelerator) > 0 {
		t.Errorf("said %q (%v)", said, err)
	}
	layouttest.Mentions(t, CheckChoice("yes"), `"yes"`, "auto, off, cuda13, cuda12")
}

func TestReleaseFitsTheDriver(t *testing.T) {
	for driver, want := range map[string]string{"590.44.01": "cuda13", "580.65.06": "cuda13", "575.51.03": "cuda12", "525.60.13": "cuda12", "": "cuda13"} {
		if r, err := releaseFor(Auto, device.NVIDIA{Driver: driver}); err != nil || r.name != want {
			t.Errorf("driver %q: %s (%v), want %s", driver, r.name, err, want)
		}
	}
	_, err := releaseFor(Auto, device.NVIDIA{Driver: "470.82.01"})
	layouttest.Mentions(t, err, "470.82.01", "525")
	if r, err := releaseFor("cuda12", device.NVIDIA{Driver: "590.44.01"}); err != nil || r.name != "cuda12" {
		t.Errorf("asked for cuda12: %s (%v)", r.name, err)
	}
}

func TestPluginOfAPackageIsUsedFromItsVersionOn(t *testing.T) {
	library, err := os.ReadFile(realPlugin(t))
	if err != nil {
		t.Fatal(err)
	}
	for version, usable := range map[string]bool{"0.11.2": true, "0.12.0.1": true, "1.0": true, "0.11.1": false, "0.9.2": false, "0.8.0": false, "0.11.2.dev1": true} {
		packages := t.TempDir()
		plugin := filepath.Join(packages, "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
		layouttest.Write(t, plugin, string(library))
		layouttest.Write(t, filepath.Join(packages, "jax_cuda13_pjrt-"+version+".dist-info", "METADATA"), "")
		layouttest.Write(t, filepath.Join(packages, "jax_cuda12_pjrt-0.1.dist-info", "METADATA"), "") // of another plugin
		err := checkUsable(plugin)
		if usable != (err == nil) || !usable && !strings.Contains(err.Error(), plugin+" is not used: it is of version "+version) {
			t.Errorf("version %s: %v", version, err)
		}
	}
}

func TestToolsOfSeveralPlacesAreBroughtTogether(t *testing.T) {
	l := layouttest.New(t)
	t.Setenv("PATH", "/nowhere")
	packages := t.TempDir()
	plugin := filepath.Join(packages, "jax_plugins", "xla_cuda13", "xla_cuda_plugin.so")
	for _, dir := range toolFolders(plugin) {
		if firstFile(dir, ptxas) != "" {
			t.Skipf("this machine has a CUDA toolkit in %s", dir)
		}
	}
	if root, err := toolsFor(l, plugin); err != nil || root != "" {
		t.Errorf("without tools the folder is %q (%v)", root, err)
	}
	triton := filepath.Join(packages, "triton", "backends", "nvidia")
	layouttest.Write(t, filepath.Join(triton, "bin", "ptxas"), "assembler")
	layouttest.Write(t, filepath.Join(triton, "lib", "libdevice.10.bc"), "bitcode")
	for range 2 {
		root, err := toolsFor(l, plugin)
		if err != nil || !strings.HasPrefix(root, l.CUDA()) {
			t.Fatalf("the folder is %q (%v), want one of ours", root, err)
		}
		for name, want := range map[string]string{ptxas: "assembler", libdevice: "bitcode"} {
			if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
				t.Errorf("%s is %q (%v), want %q", name, got, err, want)
			}
		}
	}
	together := filepath.Join(packages, "nvidia", "cu13")
	layouttest.Write(t, filepath.Join(together, ptxas), "")
	layouttest.Write(t, filepath.Join(together, libdevice), "")
	if root, err := toolsFor(l, plugin); err != nil || root != together {
		t.Errorf("the folder is %q (%v), want %q, where both are", root, err, together)
	}
}

func TestCommandsThatStartTogetherLinkTheSameTools(t *testing.T) {
	dir := t.TempDir()
	for i := range 1000 {
		var commands errgroup.Group
		for range 4 {
			commands.Go(func() error { return link("/opt/ptxas", filepath.Join(dir, strconv.Itoa(i))) })
		}
		if err := commands.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPluginIsFoundThoughItsToolsCannotBeLinked(t *testing.T) {
	real := realPlugin(t)
	l := layouttest.New(t)
	packages := t.TempDir()
	dir := filepath.Join(packages, "jax_plugins", "xla_cuda13")
	t.Setenv(device.PluginVariable, dir)
	t.Setenv("PATH", "/nowhere")
	triton := filepath.Join(packages, "triton", "backends", "nvidia")
	layouttest.Write(t, filepath.Join(triton, "bin", "ptxas"), "")
	layouttest.Write(t, filepath.Join(triton, "lib", "libdevice.10.bc"), "")
	layouttest.Write(t, filepath.Join(l.CUDA(), "tools"), "a file where the folder should be")
	path := filepath.Join(dir, "pjrt_c_api_cuda_plugin.so")
	if err := link(real, path); err != nil {
		t.Fatal(err)
	}
	for _, dir := range toolFolders(path) {
		if firstFile(dir, ptxas) != "" && !strings.HasPrefix(dir, packages) {
			t.Skipf("this machine has a CUDA toolkit in %s", dir)
		}
	}
	if p, err := find(t.Context(), l, Auto); p.path != path || p.tools != "" || err == nil {
		t.Errorf("found %q with the tools in %q (%v), want %q without, and why", p.path, p.tools, err, path)
	}
}

func TestPluginOfThePythonInPathIsFound(t *testing.T) {
	l := layouttest.New(t)
	python, err := python.Find()
	if err != nil {
		t.Fatal(err)
	}
	environment := filepath.Join(t.TempDir(), "an environment")
	if err := process.RunQuietly(t.Context(), "/", os.Environ(), python, "-m", "venv", "--without-pip", environment); err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Glob(filepath.Join(environment, "lib", "python3*", "site-packages"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("site-packages are %q (%v)", packages, err)
	}
	plugin := filepath.Join(packages[0], "jax_plugins", "xla_cuda12", "xla_cuda_plugin.so")
	layouttest.Write(t, plugin, "")
	t.Setenv("PATH", filepath.Join(environment, "bin")+":"+os.Getenv("PATH"))
	if got := pythonPlugins(t.Context(), l); len(got) != 1 || got[0] != plugin {
		t.Errorf("found %q, want %q", got, plugin)
	}
}

func TestFullDiskIsReportedBeforeAnythingIsDownloaded(t *testing.T) {
	layouttest.Mentions(t, checkRoom(t.TempDir(), 1e9), "GB are free", "FASHIONLAB_HOME")
	if err := checkRoom(t.TempDir(), 0); err != nil {
		t.Error(err)
	}
}
