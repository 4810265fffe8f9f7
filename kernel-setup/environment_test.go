package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

// setting is the value that a program would see, "" if none.
func setting(env []string, name string) string {
	c := exec.Command("true")
	c.Env = env
	for _, s := range c.Environ() { // the last of several
		if value, ok := strings.CutPrefix(s, name+"="); ok {
			return value
		}
	}
	return ""
}

func TestOurProgramsInheritWhatIsListedAndNothingElse(t *testing.T) {
	l := elsewhere(t)
	kept := map[string]string{"HTTPS_PROXY": "http://proxy:3128", "PIP_INDEX_URL": "https://mirror/simple", "GOPROXY": "https://mirror", "SSL_CERT_FILE": "/certificates",
		"HF_HOME": "/hub", "CUDA_VISIBLE_DEVICES": "1", "XLA_FLAGS": "--xla_dump_to=/dump", "LC_ALL": "C.UTF-8", "FASHION_PROFILE": "smoke", "JUPYTER_CONFIG_DIR": "/config"}
	dropped := []string{"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_PREFIX", "GOWORK", "GO111MODULE", "GOOS", "VIRTUAL_ENV", "CONDA_PREFIX",
		"JUPYTER_PATH", "JUPYTERLAB_DIR", "MY_OWN"}
	for name, value := range kept {
		t.Setenv(name, value)
	}
	for _, name := range dropped {
		t.Setenv(name, "user's")
	}
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv("GOFLAGS", "-mod=mod -trimpath -modfile=other.mod")
	env := l.environment()
	for name, want := range kept {
		if got := setting(env, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range dropped {
		if got := setting(env, name); got == "user's" {
			t.Errorf("%s is inherited", name)
		}
	}
	for name, want := range map[string]string{"GOFLAGS": "-trimpath", "GOWORK": "off", "CGO_ENABLED": "1", "JUPYTER_DATA_DIR": l.jupyter, "PIP_USER": "0"} {
		if got := setting(env, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	t.Setenv(inheritVariable, "MY_OWN,PYTHONPATH")
	for _, name := range []string{"MY_OWN", "PYTHONPATH"} {
		if got := setting(l.environment(), name); got != "user's" {
			t.Errorf("%s is %q though $%s names it", name, got, inheritVariable)
		}
	}
}

func TestRelativePathsOfTheUserNameOnePlace(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(run.RootVariable, "my/runs")
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "plugins:/absolute")
	t.Setenv("FASHIONLAB_HOME", "")
	t.Chdir(dir)
	if dir, _ = os.Getwd(); dir == "" {
		t.Fatal("no working directory")
	}
	if err := makePathsAbsolute(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{run.RootVariable: filepath.Join(dir, "my/runs"), "PJRT_PLUGIN_LIBRARY_PATH": filepath.Join(dir, "plugins") + ":/absolute", "FASHIONLAB_HOME": ""} {
		if got := os.Getenv(name); got != want {
			t.Errorf("$%s is %q, want %q", name, got, want)
		}
	}
}

func TestKernelGoesWhereTheUsersJupyterLooks(t *testing.T) {
	l := elsewhere(t)
	if want := filepath.Join(os.Getenv("HOME"), ".local", "share", "jupyter"); l.jupyter != want && !strings.Contains(l.jupyter, "Library") {
		t.Errorf("it goes to %q, want %q", l.jupyter, want)
	}
	for name, c := range map[string]struct{ variable, value, want string }{
		"XDG_DATA_HOME":             {"XDG_DATA_HOME", "/data", "/data/jupyter"},
		"a relative one is invalid": {"XDG_DATA_HOME", "data", l.jupyter},
		"JUPYTER_DATA_DIR":          {"JUPYTER_DATA_DIR", "/jupyter", "/jupyter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			if got, err := jupyterData(); err != nil || got != c.want {
				t.Errorf("it goes to %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestMissingCCompilerIsToldWithWhatMendsIt(t *testing.T) {
	l := elsewhere(t)
	if path, err := findCompiler(l); err != nil || !filepath.IsAbs(path) {
		t.Errorf("this machine's: %q (%v)", path, err)
	}
	t.Setenv("CC", "no-such-compiler -m64")
	err := makeCompiler(t.Context(), l, nil)
	mentions(t, err, "no-such-compiler", "apt-get install gcc", "xcode-select")
	broken := filepath.Join(t.TempDir(), "cc")
	write(t, broken, "#!/bin/sh\necho 'stdlib.h: No such file'; exit 1\n")
	if err := os.Chmod(broken, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CC", broken)
	_, err = findCompiler(l)
	mentions(t, err, broken, "stdlib.h: No such file", "libc6-dev")
}

func TestFolderThatCannotBeWrittenIsToldBeforeTheSetUp(t *testing.T) {
	l := elsewhere(t)
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	t.Setenv(run.RootVariable, filepath.Join(file, "runs"))
	mentions(t, dispatch(t.Context(), []string{"train", "-recipe", "cnn"}), run.RootVariable, file)
	mentions(t, dispatch(t.Context(), []string{"run", "-out", filepath.Join(file, "out")}), "-out", file)
	if _, err := os.Stat(l.home); err == nil {
		t.Error("something was set up")
	}
	if err := checkWritable(filepath.Join(t.TempDir(), "not", "yet", "there")); err != nil {
		t.Errorf("a folder that can be made: %v", err)
	}
}

func TestNotebooksAreFoundInAFolderOfAnyName(t *testing.T) {
	l := elsewhere(t)
	l.root = filepath.Join(t.TempDir(), "a [copy] of * it?")
	write(t, filepath.Join(l.notebooks(), "01-data.ipynb"), "{}")
	if paths, err := chosenNotebooks(l, ""); err != nil || len(paths) != 1 || !strings.HasPrefix(paths[0], l.root) {
		t.Errorf("found %q (%v)", paths, err)
	}
}

func TestFailureOfPipIsToldByItsOwnWords(t *testing.T) {
	for output, want := range map[string]string{
		"Collecting x==9\nERROR: Could not find a version that satisfies the requirement x==9 (from versions: none)\nERROR: No matching distribution found for x==9":          "ERROR: Could not find a version that satisfies the requirement x==9 (from versions: none)\nERROR: No matching distribution found for x==9",
		"Traceback (most recent call last):\n  File \"a.py\", line 1\npip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='h', port=1): Read timed out.": "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='h', port=1): Read timed out.",
		"": "",
	} {
		if got := pipReason(output); got != want {
			t.Errorf("of %q: %q, want %q", output, got, want)
		}
	}
}
