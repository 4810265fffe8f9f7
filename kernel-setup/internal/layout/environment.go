package layout

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/run"
)

// What our tools inherit from the user's environment. All else stays behind: a PYTHONPATH, a GOWORK, a PIP_TARGET are meant for the user's own work and would
// change ours. inheritVariable may name more.
var (
	inheritedNames = []string{
		"HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "COLORTERM", "NO_COLOR", "CI",
		"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "BROWSER", // lab opens a page
		"LD_LIBRARY_PATH", "LD_PRELOAD", "CC", "CXX", "PKG_CONFIG_PATH", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "NETRC",
		"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
		"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_PROXY", "PIP_CERT", "PIP_CLIENT_CERT",
		"PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_KEYRING_PROVIDER",
	}
	inheritedPrefixes = []string{"LC_", "XDG_", "DBUS_", "SSL_", "WSL", "GO", "CGO_", "FASHION", "PJRT_", "XLA_", "TF_CPP_", "GLIBC_TUNABLES", "HF_",
		"JUPYTER_", "CUDA_", "NVIDIA_", "OMP_", "KMP_", "OPENBLAS_", "AWS_", "TEMPORAL_"}
	notInherited = []string{"GOFLAGS", "GOWORK", "GO111MODULE", "GOOS", "GOARCH", "GOBIN", "CGO_ENABLED", "JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH"}
)

// inheritVariable names further variables, separated by commas, that our tools and the notebooks' cells are to inherit.
const inheritVariable = "FASHIONLAB_INHERIT"

// inherited is what our tools get of an environment.
func inherited(environment []string) (list []string) {
	more := strings.Split(os.Getenv(inheritVariable), ",")
	for _, setting := range environment {
		name, _, _ := strings.Cut(setting, "=")
		listed := slices.Contains(inheritedNames, name) || slices.ContainsFunc(inheritedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if listed && !slices.Contains(notInherited, name) || slices.Contains(more, name) {
			list = append(list, setting)
		}
	}
	return list
}

// Environment is that of every program that we start: what is inherited, our programs first in PATH, and never an installation behind the user's back. Programs with
// a backend get the chosen one.
func (l Layout) Environment(more ...string) []string {
	path := strings.Join([]string{l.Bin(), filepath.Join(l.Venv(), "bin"), os.Getenv("PATH")}, string(os.PathListSeparator))
	env := append(inherited(os.Environ()), "PATH="+path, "GOMLX_NO_AUTO_INSTALL=1", "GOFLAGS="+GoFlags(), "GOWORK=off", "CGO_ENABLED=1",
		"JUPYTER_DATA_DIR="+l.Jupyter, "PIP_USER=0", "PIP_REQUIRE_VIRTUALENV=0")
	for name, value := range map[string]string{run.RootVariable: filepath.Join(l.Root, "runs"), "PIP_DEFAULT_TIMEOUT": "20", "PIP_RETRIES": "3"} {
		if os.Getenv(name) == "" {
			env = append(env, name+"="+value)
		}
	}
	return append(env, more...)
}

// BackendEnvironment is environment for a program that may open a backend: the CPU's, unless the user or the command chose another. Where a GPU computes, the large buffers
// are there, and so few heaps would make XLA's parallel compiling slower. Cells of notebooks have the settings on a GPU too: the kernel's specification is the same for all.
func (l Layout) BackendEnvironment() []string {
	if l.OnGPU() {
		return l.Environment(l.Accelerator...)
	}
	return l.Environment(append([]string{device.TunablesVariable + "=" + Tunables()}, l.Accelerator...)...)
}

// chosenExecutables is the folder of what XLA compiled: the user's, which may be none, or ours.
func (l Layout) chosenExecutables() string {
	if own, ok := os.LookupEnv(device.ExecutablesVariable); ok {
		return own
	}
	return l.Executables()
}

// pathVariables hold paths, and one of them a list. Our programs run in several folders, so that a relative one would name several places.
var pathVariables = []string{run.RootVariable, run.PublishedVariable, fashion.DirVariable, "FASHIONLAB_HOME", device.PluginVariable, device.ExecutablesVariable,
	ProgramVariable, "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN_PATH"}

// makePathsAbsolute makes what the user's variables name relative to the working directory independent of it.
func makePathsAbsolute() error {
	for _, name := range pathVariables {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		list := []string{value}
		if name == device.PluginVariable {
			list = filepath.SplitList(value)
		}
		for i, path := range list {
			if path == "" {
				continue
			}
			absolute, err := filepath.Abs(path)
			if err != nil {
				return err
			}
			list[i] = absolute
		}
		if err := os.Setenv(name, strings.Join(list, string(os.PathListSeparator))); err != nil {
			return err
		}
	}
	return nil
}

// GoFlags are the user's flags of the go command, from the environment or from `go env -w`, without those that say where modules come from: the notebooks' kernel
// works in a workspace, in which "-mod=mod" is an error.
func GoFlags() string {
	text := os.Getenv("GOFLAGS")
	if path, err := GoCommand(); err == nil {
		if out, err := exec.Command(path, "env", "GOFLAGS").Output(); err == nil {
			text = string(out)
		}
	}
	kept := slices.DeleteFunc(strings.Fields(text), func(flag string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		return name == "mod" || name == "modfile"
	})
	return strings.Join(kept, " ")
}

// Tunables are device.Tunables after the user's own, for programs with a backend.
func Tunables() string {
	own := strings.TrimSuffix(os.Getenv(device.TunablesVariable), device.Tunables) // a program of ours may have started this one
	return strings.Trim(strings.Trim(own, ":")+":"+device.Tunables, ":")
}

// NotebookEnvironment is environment for JupyterLab and an execution of notebooks, which end with this process; the kernel's specification adds what cells need.
func (l Layout) NotebookEnvironment(more ...string) []string {
	return l.Environment(slices.Concat(l.Accelerator, []string{parent.Setting()}, more)...)
}
