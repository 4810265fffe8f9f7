// Package layouttest makes machines for tests of the set-up: layouts whose folders are temporary, and file systems with a GPU.
package layouttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
)

// New is a layout whose folders are in a temporary folder with a space in its name.
func New(t *testing.T) layout.Layout {
	t.Helper()
	home := filepath.Join(t.TempDir(), "a home")
	for _, name := range []string{"JUPYTER_DATA_DIR", "XDG_DATA_HOME", "FASHIONLAB_HOME", device.PluginVariable, device.BackendVariable, "XLA_FLAGS"} {
		Unset(t, name)
	}
	config, err := os.UserConfigDir() // where the go command goes on counting after it has ended
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	l, err := layout.New()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(l.Home, home) || !strings.HasPrefix(l.Kernel(), home) || !strings.HasPrefix(l.XLA, home) {
		t.Fatalf("the layout %+v is not below %s", l, home)
	}
	return l
}

// H100 are the files by which a machine with such a GPU is known.
var H100 = map[string]string{
	"dev/nvidia0": "", "dev/nvidiactl": "", "sys/module/nvidia/version": "580.65.06\n", "usr/lib64/libcuda.so.1": "",
	"proc/driver/nvidia/gpus/0000:3b:00.0/information": "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 16\n",
}

// System is the file system of a machine with these files, from their names to what they hold.
func System(t *testing.T, files map[string]string) device.System {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		Write(t, filepath.Join(root, path), content)
	}
	return device.System{Root: root}
}

// Unset removes an environment variable until the test ends.
func Unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// Write writes a file and the folders that it needs.
func Write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Mentions reports an error that lacks one of the words.
func Mentions(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not mention %q", err, w)
		}
	}
}
