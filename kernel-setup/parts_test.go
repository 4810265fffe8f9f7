package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
)

// elsewhere is a layout whose folders are in a temporary folder with a space in its name.
func elsewhere(t *testing.T) layout {
	t.Helper()
	home := filepath.Join(t.TempDir(), "a home")
	for _, name := range []string{"JUPYTER_DATA_DIR", "XDG_DATA_HOME", "FASHIONLAB_HOME", "PJRT_PLUGIN_LIBRARY_PATH", backendVariable, "XLA_FLAGS"} {
		unset(t, name)
	}
	config, err := os.UserConfigDir() // where the go command goes on counting after it has ended
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	l, err := newLayout()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(l.home, home) || !strings.HasPrefix(l.kernel(), home) || !strings.HasPrefix(l.xla, home) {
		t.Fatalf("the layout %+v is not below %s", l, home)
	}
	return l
}

// unset removes an environment variable until the test ends.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// write writes a file and the folders that it needs.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// mentions reports an error that lacks one of the words.
func mentions(t *testing.T, err error, words ...string) {
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

func TestKernelSpecificationOfSomebodyElseIsLeftAlone(t *testing.T) {
	for name, content := range map[string]string{
		"another program's": `{"argv": ["other"], "display_name": "Other", "language": "go"}`,
		"no JSON":           `{"argv": [`,
	} {
		l := elsewhere(t)
		path := filepath.Join(l.kernel(), "kernel.json")
		write(t, path, content)
		err := makeKernel(t.Context(), l, func(string) {})
		if !errors.Is(err, errForeign) {
			t.Errorf("%s: error is %v, want errForeign", name, err)
		}
		mentions(t, err, path, "mv ")
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s: the file now holds %q (%v)", name, data, err)
		}
		if err := uninstall(t.Context(), l, options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: uninstall: %v", name, err)
		}
	}
}

func TestKernelOfAnotherCopyOfTheModuleIsReplacedNotRefused(t *testing.T) {
	l := elsewhere(t)
	write(t, filepath.Join(l.kernel(), "kernel.json"), `{"argv": ["gonb"], "metadata": {"fashionlab": "/another/copy"}}`)
	_, err := findKernel(l)
	if errors.Is(err, errForeign) {
		t.Error("it counts as somebody else's")
	}
	mentions(t, err, "/another/copy", l.root)
}

func TestFileThatIsNoPluginIsReportedAndLeftAlone(t *testing.T) {
	l := elsewhere(t)
	path := filepath.Join(l.xla, device.CPUPlugin)
	library, err := os.ReadFile(os.Args[0]) // an ELF file without GetPjrtApi
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"text": "not a plugin", "empty": "", "another library": string(library)} {
		write(t, path, content)
		_, err := findPlugin(l)
		mentions(t, err, path, "no PJRT plugin", "kernel-setup setup")
		if err := makePlugin(t.Context(), l, func(string) {}); err == nil {
			t.Errorf("%s: it was replaced", name)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
}

func TestWheelWithAnotherChecksumIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin.whl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if _, err := z.Create(wheelFile); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = pluginFromWheel(path)
	mentions(t, err, "plugin.whl", wheelSum)
}

func TestFolderThatCannotBeMadeIsNamedWithItsVariable(t *testing.T) {
	l := elsewhere(t)
	write(t, filepath.Dir(l.home), "a file where a folder should be")
	mentions(t, setUp(t.Context(), l, []string{partTools}), "FASHIONLAB_HOME", filepath.Dir(l.home))
}

func TestPrivateFolderThatHoldsOtherThingsIsRefused(t *testing.T) {
	l := elsewhere(t)
	for _, own := range []string{l.program(), l.stamp(partCompiler), filepath.Join(l.home, "weights", "owner", "name")} { // made before the first set-up
		write(t, own, "")
	}
	if err := underLock(t.Context(), l, func() error { return nil }); err != nil {
		t.Errorf("what is there before the first set-up: %v", err)
	}
	l = elsewhere(t)
	write(t, filepath.Join(l.home, "bin", "somebody's"), "")
	mentions(t, underLock(t.Context(), l, func() error { return nil }), "bin", "FASHIONLAB_HOME")
	mentions(t, uninstall(t.Context(), l, options{}), "bin", "FASHIONLAB_HOME")
	if _, err := os.Stat(filepath.Join(l.home, "bin", "somebody's")); err != nil {
		t.Error(err)
	}
}

func TestDataSetFolderOfTheUserIsNeverFilled(t *testing.T) {
	l := elsewhere(t)
	dir := t.TempDir()
	t.Setenv(fashion.DirVariable, dir)
	mentions(t, makeData(t.Context(), l, func(string) {}), fashion.DirVariable, dir)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder now holds %v (%v)", entries, err)
	}
}

func TestDamagedDataSetIsFoundAgainAfterItWasRight(t *testing.T) {
	l := elsewhere(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/fashion-mnist")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, dir)
	if _, err := findData(l); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fashion.TestLabelsFile)
	write(t, path, "damaged")
	_, err := findData(l)
	mentions(t, err, path)
}

func TestTypingErrorCostsNoSetUp(t *testing.T) {
	l := elsewhere(t)
	mentions(t, dispatch(t.Context(), []string{"run", "-profile", "huge"}), `"huge"`, "smoke, quick, full")
	mentions(t, dispatch(t.Context(), []string{"run", "-only", "77"}), `"77"`, "01-data.ipynb")
	mentions(t, dispatch(t.Context(), []string{"frob"}), `"frob"`, "run, lab, test", "train, search, report")
	mentions(t, dispatch(t.Context(), []string{"doctor", "extra"}), `"extra"`)
	if _, err := os.Stat(l.home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there: %v", l.home, err)
	}
}

func TestCellsAreLinkedByGoOnlyWhereThisGoDoes(t *testing.T) {
	l := elsewhere(t)
	for inputs, want := range map[string]string{
		"":                      "",
		linkerInputs(cLinker):   "",
		ownLinker + " go1.0":    "",
		linkerInputs(ownLinker): "0",
	} {
		if err := setStamp(l, partLinker, inputs); err != nil {
			t.Fatal(err)
		}
		if _, err := findLinker(l); (err == nil) != strings.HasSuffix(inputs, runtime.Version()) {
			t.Errorf("stamp %q: error is %v", inputs, err)
		}
		env, err := kernelEnvironment(l)
		if err != nil || env[linkerVariable] != want {
			t.Errorf("stamp %q: the kernel has %s=%q (%v), want %q", inputs, linkerVariable, env[linkerVariable], err, want)
		}
	}
}

func TestSettingsOfTheCLibraryAreAddedToTheUsersOnce(t *testing.T) {
	for _, own := range []string{"", "glibc.malloc.check=1"} {
		t.Setenv(tunablesVariable, own)
		want := strings.TrimPrefix(own+":"+pages, ":")
		for range 2 {
			if got := tunables(); got != want {
				t.Errorf("with %q they are %q, want %q", own, got, want)
			}
			t.Setenv(tunablesVariable, want)
		}
	}
}

func TestKernelEnvironmentNamesWhatMustNotDependOnTheFrontEnd(t *testing.T) {
	l := elsewhere(t)
	unset(t, "FASHION_RUNS")
	unset(t, fashion.DirVariable)
	env, err := kernelEnvironment(l)
	if err != nil {
		t.Fatal(err)
	}
	if env["GOMLX_NO_AUTO_INSTALL"] != "1" || env["FASHION_RUNS"] != filepath.Join(l.root, "runs") || !strings.HasPrefix(env["PATH"], l.bin()+":") {
		t.Errorf("environment is %v", env)
	}
	for _, choice := range []string{"GOMLX_BACKEND", "FASHION_PROFILE"} {
		if _, ok := env[choice]; ok {
			t.Errorf("%s is fixed, so that the user's choice does not reach the cells", choice)
		}
	}
}

// The notebooks in the repository must be executable where only set-up has run: with our kernel, and in order.
func TestNotebooksNameOurKernel(t *testing.T) {
	paths, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks (%v)", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var nb struct {
			Metadata struct{ Kernelspec struct{ Name string } }
			Cells    []struct {
				Type   string `json:"cell_type"`
				Source []string
			}
		}
		if err := json.Unmarshal(data, &nb); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if nb.Metadata.Kernelspec.Name != kernelName {
			t.Errorf("%s is for the kernel %q, want %q", path, nb.Metadata.Kernelspec.Name, kernelName)
		}
		for i, c := range nb.Cells {
			if c.Type == "code" && len(c.Source) > 15 {
				t.Errorf("%s: cell %d has %d lines, want at most 15", path, i+1, len(c.Source))
			}
		}
	}
}
