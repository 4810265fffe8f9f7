package layout_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
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
	l := layouttest.New(t)
	kept := map[string]string{"HTTPS_PROXY": "http://proxy:3128", "PIP_INDEX_URL": "https://mirror/simple", "GOPROXY": "https://mirror", "SSL_CERT_FILE": "/certificates",
		"HF_HOME": "/hub", "CUDA_VISIBLE_DEVICES": "1", "XLA_FLAGS": "--xla_dump_to=/dump", "LC_ALL": "C.UTF-8", "FASHION_PROFILE": "smoke", "JUPYTER_CONFIG_DIR": "/config",
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "TEMPORAL_NAMESPACE": "study", "TEMPORAL_API_KEY": "key", "TEMPORAL_TLS_SERVER_NAME": "server"}
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
	env := l.Environment()
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
	for name, want := range map[string]string{"GOFLAGS": "-trimpath", "GOWORK": "off", "CGO_ENABLED": "1", "JUPYTER_DATA_DIR": l.Jupyter, "PIP_USER": "0"} {
		if got := setting(env, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	t.Setenv(layout.InheritVariable, "MY_OWN,PYTHONPATH")
	for _, name := range []string{"MY_OWN", "PYTHONPATH"} {
		if got := setting(l.Environment(), name); got != "user's" {
			t.Errorf("%s is %q though $%s names it", name, got, layout.InheritVariable)
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
	if err := layout.MakePathsAbsolute(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{run.RootVariable: filepath.Join(dir, "my/runs"), "PJRT_PLUGIN_LIBRARY_PATH": filepath.Join(dir, "plugins") + ":/absolute", "FASHIONLAB_HOME": ""} {
		if got := os.Getenv(name); got != want {
			t.Errorf("$%s is %q, want %q", name, got, want)
		}
	}
}

func TestKernelGoesWhereTheUsersJupyterLooks(t *testing.T) {
	l := layouttest.New(t)
	if want := filepath.Join(os.Getenv("HOME"), ".local", "share", "jupyter"); l.Jupyter != want && !strings.Contains(l.Jupyter, "Library") {
		t.Errorf("it goes to %q, want %q", l.Jupyter, want)
	}
	for name, c := range map[string]struct{ variable, value, want string }{
		"XDG_DATA_HOME":             {"XDG_DATA_HOME", "/data", "/data/jupyter"},
		"a relative one is invalid": {"XDG_DATA_HOME", "data", l.Jupyter},
		"JUPYTER_DATA_DIR":          {"JUPYTER_DATA_DIR", "/jupyter", "/jupyter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			if got, err := layout.JupyterData(); err != nil || got != c.want {
				t.Errorf("it goes to %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestSettingsOfTheCLibraryAreAddedToTheUsersOnce(t *testing.T) {
	for _, own := range []string{"", "glibc.malloc.check=1"} {
		t.Setenv(device.TunablesVariable, own)
		want := strings.TrimPrefix(own+":"+device.Tunables, ":")
		for range 2 {
			if got := layout.Tunables(); got != want {
				t.Errorf("with %q they are %q, want %q", own, got, want)
			}
			t.Setenv(device.TunablesVariable, want)
		}
	}
}
