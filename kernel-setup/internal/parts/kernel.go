package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// kernelSpec is Jupyter's description of a kernel
// (https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs).
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode,omitempty"`
	Env           map[string]string `json:"env,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
}

// kernelOwner is the metadata's key under which our specification names its module.
const kernelOwner = "fashionlab"

// kernelEnvironment is what makes a notebook behave the same from JupyterLab, VS Code and nbconvert. Jupyter expands
// ${NAME} from the server's own environment. What a user may want to choose (GOMLX_BACKEND, FASHION_PROFILE) is not
// in it, so that the user's own choice reaches the cells.
func kernelEnvironment(l layout.Layout) (map[string]string, error) {
	goPath, err := layout.GoCommand()
	if err != nil {
		return nil, err
	}
	env := map[string]string{
		// Without the debugger's tables a cell links in 0.96 s instead of 1.89 s.
		"GOFLAGS":                  strings.TrimSpace(layout.GoFlags() + " -ldflags=-w"),
		"GOWORK":                   "auto", // GoNB makes a workspace, whatever the user's other work has
		"CGO_ENABLED":              "1",
		"PATH":                     l.Bin() + ":" + filepath.Dir(goPath) + ":${PATH}",
		"GOMLX_NO_AUTO_INSTALL":    "1",
		run.RootVariable:           filepath.Join(l.Root, "runs"),
		run.PublishedVariable:      l.Published(),
		device.TunablesVariable:    layout.Tunables(),
		device.ExecutablesVariable: l.Executables(),
	}
	if linksItself(l) {
		env[linkerVariable] = "0"
	}
	for _, name := range []string{"FASHION_MNIST_DIR", "FASHIONLAB_HOME", "PJRT_PLUGIN_LIBRARY_PATH", run.RootVariable, run.PublishedVariable, device.ExecutablesVariable} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	return env, nil
}

func findKernel(l layout.Layout) (string, error) {
	path := filepath.Join(l.Kernel(), "kernel.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var spec kernelSpec
	if err := json.Unmarshal(data, &spec); err != nil {
		return "", foreignKernel(path, "it is no JSON: "+err.Error())
	}
	switch owner := spec.Metadata[kernelOwner]; owner {
	case l.Root:
	case "":
		return "", foreignKernel(path, "another program wrote it")
	default:
		return "", fmt.Errorf("%s is for the module in %s, want %s", path, owner, l.Root)
	}
	want, err := kernelEnvironment(l)
	if err != nil {
		return "", err
	}
	if !maps.Equal(spec.Env, want) || len(spec.Argv) == 0 || spec.Argv[0] != filepath.Join(l.Bin(), "gonb") {
		return "", fmt.Errorf("%s was written for another environment", path)
	}
	return path, nil
}

// kernelIsOf returns the module's folder that the kernel's specification is for; "" if there is none, or it is not ours.
func kernelIsOf(l layout.Layout) string {
	data, err := os.ReadFile(filepath.Join(l.Kernel(), "kernel.json"))
	if err != nil {
		return ""
	}
	var spec kernelSpec
	if json.Unmarshal(data, &spec) != nil {
		return ""
	}
	return spec.Metadata[kernelOwner]
}

// CheckName reports a module's folder that GoNB cannot take: it gets a list of folders, separated by commas.
func CheckName(root string) error {
	if strings.Contains(root, ",") {
		return fmt.Errorf("the folder %s has a comma in its name, which GoNB takes for the end of the name; rename it", root)
	}
	return nil
}

// ErrForeign is wrapped by the error for a kernel specification that is not ours to replace.
var ErrForeign = errors.New("foreign kernel specification")

func foreignKernel(path, why string) error {
	return fmt.Errorf("%w: %s has our kernel's name, but %s; move it away: mv %q %q", ErrForeign, path, why,
		filepath.Dir(path), filepath.Dir(path)+".other")
}

// MakeKernel lets GoNB's own installer write a specification in a folder of ours and installs it with our
// environment in the user's folder.
func MakeKernel(ctx context.Context, l layout.Layout, say func(string)) error {
	if _, err := findKernel(l); errors.Is(err, ErrForeign) {
		return err
	}
	if err := CheckName(l.Root); err != nil {
		return err
	}
	staging, err := os.MkdirTemp(l.Home, "kernel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	env := l.Environment("JUPYTER_DATA_DIR=" + staging)
	err = process.RunQuietly(ctx, l.Root, env, filepath.Join(l.Bin(), "gonb"), "--install", "--force_deps", "--logtostderr", "--go_work="+l.Root)
	if err != nil {
		return err
	}
	from := filepath.Join(staging, "kernels", "gonb")
	data, err := os.ReadFile(filepath.Join(from, "kernel.json"))
	if err != nil {
		return err
	}
	logo, err := os.ReadFile(filepath.Join(from, "logo-svg.svg"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.RemoveAll(staging); err != nil { // while the part counts as missing: a set-up that finds all parts looks for no leftovers
		return err
	}
	var spec kernelSpec
	if err := json.Unmarshal(data, &spec); err != nil || len(spec.Argv) == 0 {
		return fmt.Errorf("what gonb --install wrote is no kernel specification: %q (%v)", data, err)
	}
	spec.Argv[0] = filepath.Join(l.Bin(), "gonb")
	spec.DisplayName = "Go (fashionlab)"
	spec.Metadata = map[string]string{kernelOwner: l.Root}
	if spec.Env, err = kernelEnvironment(l); err != nil {
		return err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(spec); err != nil {
		return err
	}
	path := filepath.Join(l.Kernel(), "kernel.json")
	if owner := kernelIsOf(l); owner != "" && owner != l.Root && exists(owner) {
		say(fmt.Sprintf("the notebooks' kernel was that of the copy of the project in %s; it is this one's from now on", owner))
	}
	say("writing " + path)
	if logo != nil {
		if err := disk.WriteFile(filepath.Join(l.Kernel(), "logo-svg.svg"), logo); err != nil {
			return err
		}
	}
	return disk.WriteFile(path, out.Bytes())
}
