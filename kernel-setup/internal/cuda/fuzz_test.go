package cuda

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/device"
)

// A version has a number for each of its parts, none below zero.
func FuzzVersion(f *testing.F) {
	for _, version := range []string{leastPlugin, "0.9.2.post1", "", "...", "1.-2", "99999999999999999999.1", "0.11.2+cuda12"} {
		f.Add(version)
	}
	f.Fuzz(func(t *testing.T, version string) {
		list := numbers(version)
		if len(list) != strings.Count(version, ".")+1 || slices.Min(list) < 0 {
			t.Errorf("%q has the numbers %v", version, list)
		}
	})
}

// A folder of any name is searched for a plugin, and a file that is none is refused by its path.
func FuzzPluginFolder(f *testing.F) {
	for _, name := range []string{"xla_cuda13", "xla_[cuda12]", "jax_cuda13_pjrt-0.4.0.dist-info", "*", "xla cuda13\n"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsAny(name, "/\x00") {
			t.Skip("no name of a folder")
		}
		dir := filepath.Join(t.TempDir(), name)
		path := filepath.Join(dir, "xla_cuda_plugin.so")
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(path, []byte("no plugin"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := checkUsable(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", path, err)
		}
		if r := releaseIn(path); r != "" && !strings.Contains(name, r) {
			t.Errorf("%q is of the release %q", path, r)
		}
	})
}

// Of whatever a plugin prints, a reason is told.
func FuzzPluginReason(f *testing.F) {
	for _, output := range []string{"", "panic: PJRT error (INTERNAL): no device; run `go run ./kernel-setup doctor`\n\ngoroutine 1 [running]:", "SIGABRT: abort\nPC=0x1", "; run `go run"} {
		f.Add(output)
	}
	f.Fuzz(func(t *testing.T, output string) {
		reason := pluginReason(output)
		if strings.Contains(reason, "; run `go run") || len(strings.Split(reason, "\n")) > 30 {
			t.Errorf("the reason is %q", reason)
		}
	})
}

// The releases suit a driver, or the error says which do.
func FuzzDriver(f *testing.F) {
	for _, driver := range []string{"580.65.06", "", "470.1", "unknown", "-1", "99999999999999999999.0"} {
		f.Add("auto", driver)
		f.Add("cuda12", driver)
	}
	f.Fuzz(func(t *testing.T, choice, driver string) {
		r, err := releaseFor(choice, device.NVIDIA{Driver: driver})
		if err == nil && r.name == "" || err != nil && !strings.Contains(err.Error(), driver) {
			t.Errorf("for the driver %q: %+v (%v)", driver, r, err)
		}
	})
}
