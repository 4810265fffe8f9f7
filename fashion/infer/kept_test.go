package infer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// askVariable has this program print logits and end, as a process that may find what another compiled.
const askVariable = "FASHION_TEST_ASK"

// It does something in a process of the next test only.
func TestProcessForKeptExecutables(t *testing.T) {
	if os.Getenv(askVariable) == "" {
		return // it is for the next test
	}
	r, err := run.Published().Open("full/residual")
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := m.Logits(scene.Noise(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(logits[0])
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nlogits %s\n", text)
}

func TestExecutableOfAnotherProcessGivesTheSameLogits(t *testing.T) {
	backend := infer.Computer(backendOf(t)).Backend
	if runtime.GOOS != "linux" || !strings.HasPrefix(backend, "xla:cpu") {
		t.Skipf("on %s with %s nothing is kept", runtime.GOOS, backend)
	}
	dir := filepath.Join(t.TempDir(), "executables")
	plain, _ := ask(t, "")
	first, _ := ask(t, dir)
	if d := farthest(first, plain); len(first) == 0 || !(d < 1e-4) {
		t.Fatalf("the logits differ by %v from those without a folder", d)
	}
	kept := filesIn(t, dir)
	if len(kept) != 1 {
		t.Skipf("this plugin's executables are not kept: %q", kept)
	}
	before, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, warned bool) {
		t.Helper()
		got, messages := ask(t, dir)
		if farthest(got, first) != 0 || strings.Contains(messages, "corrupt") != warned {
			t.Errorf("%s: the logits are %v, want %v; messages: %s", what, got, first, messages)
		}
	}
	same("loaded", false)
	if err := os.WriteFile(kept[0], before[:len(before)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	same("corrupt", true)
	same("after that", false)
}

// go-xla takes whatever is in a folder of this name for a GPU's, so that the plugin is opened by its own name.
func TestPluginThatIsOpenedByItsNameKeepsExecutables(t *testing.T) {
	plugin := device.FindCPUPlugin(device.PluginFolders())
	backend := infer.Computer(backendOf(t)).Backend
	if runtime.GOOS != "linux" || plugin == "" || !strings.HasPrefix(backend, "xla:cpu") {
		t.Skipf("on %s with %s and the plugin %q nothing is kept", runtime.GOOS, backend, plugin)
	}
	folder := filepath.Join(t.TempDir(), "cuda")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(folder, device.CPUPlugin)); err != nil {
		t.Fatal(err)
	}
	byPath, byName := filepath.Join(t.TempDir(), "executables"), filepath.Join(t.TempDir(), "executables")
	want, _ := ask(t, byPath)
	got, messages := ask(t, byName, device.PluginVariable+"="+folder)
	if n := len(filesIn(t, byPath)); n != len(filesIn(t, byName)) || !(farthest(got, want) < 1e-4) {
		t.Errorf("%d executables are kept, want %d as of the plugin at its path; the logits are %v, want %v; messages: %s", len(filesIn(t, byName)), n, got, want, messages)
	}
}

// ask has another process, with more variables in its environment, print logits and keep executables in a folder. It returns them and all that was printed.
func ask(t *testing.T, executables string, variables ...string) (logits []float32, messages string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessForKeptExecutables$")
	c.Env = append(append(os.Environ(), askVariable+"=1", device.ExecutablesVariable+"="+executables), variables...)
	var all strings.Builder
	c.Stdout, c.Stderr = &all, &all
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, all.String())
	}
	for line := range strings.Lines(all.String()) {
		if text, ok := strings.CutPrefix(line, "logits "); ok {
			if err := json.Unmarshal([]byte(text), &logits); err != nil {
				t.Fatal(err)
			}
		}
	}
	return logits, all.String()
}

// filesIn lists the files in a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
