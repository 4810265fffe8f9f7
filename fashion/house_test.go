package fashion_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// storeys are the packages from the ground up: one imports only those that stand before it.
var storeys = []string{
	"fashion", "fashion/device", "fashion/download", "fashion/internal/files", "fashion/internal/fixture", "fashion/disk", "fashion/disk/disktest", "fashion/parent", "fashion/internal/manifest", "fashion/internal/npz", "fashion/internal/compact",
	"fashion/internal/safetensors", "fashion/internal/sheet", "fashion/internal/text", "fashion/recipes", "fashion/dataset", "fashion/run", "fashion/hyperband", "fashion/estimate", // the standard library only
	"fashion/internal/winograd", "fashion/internal/winograd/winogradtest", "fashion/layers", "fashion/onnx", "fashion/augment", "fashion/models", "fashion/pretrained", "fashion/optim",
	"fashion/metrics", "fashion/linear", "fashion/fewshot", "fashion/ensemble", "fashion/internal/hostile", "fashion/internal/raster", "fashion/photo", "fashion/pictures", "fashion/scene", "fashion/corruption",
	"fashion/internal/largeblocks", "fashion/internal/compilecache", "fashion/internal/steploop", "fashion/internal/steploop/steplooptest", "fashion/infer", "fashion/internal/session", "fashion/train", "fashion/gan", "fashion/export", "fashion/study", "fashion/internal/ink", "fashion/plots", "fashion/plots/concepts", "fashion/plots/diagrams", "fashion/plots/robustness", "fashion/claims", "fashion/report", "fashion/notebook", "fashion/internal/browsertest", "fashion/demo", "fashion/demo/review", "fashion/demo/static",
	"fashion/cmd/fashionlab/internal/flags", "fashion/cmd/fashionlab/internal/answers", "fashion/cmd/fashionlab/internal/bench", "fashion/cmd/fashionlab/internal/check", "fashion/cmd/fashionlab/internal/clusterprogram", "fashion/cmd/fashionlab/internal/load", "fashion/cmd/fashionlab/internal/growth", "fashion/cmd/fashionlab/internal/photobench", "fashion/cmd/fashionlab/internal/searchplan", "fashion/cmd/fashionlab",
	"kernel-setup/internal/process", "kernel-setup/internal/layout", "kernel-setup/internal/layouttest", "kernel-setup/internal/python", "kernel-setup/internal/parts",
	"kernel-setup/internal/cuda", "kernel-setup/internal/licences", "kernel-setup/internal/notebooks", "kernel-setup",
}

// onGround are those that need nothing but the standard library.
const onGround = 18

// largest is how many lines a package may have without its tests.
const largest = 2000

// light are the packages that need no model and so no GoMLX: the set-up is built before there is a C compiler, and saved outputs are read without a backend.
var light = []string{"fashion/metrics", "fashion/linear", "fashion/fewshot", "fashion/ensemble", "fashion/photo", "fashion/pictures", "fashion/scene", "fashion/corruption", "fashion/study", "fashion/internal/ink", "fashion/plots", "fashion/plots/concepts", "fashion/plots/diagrams", "fashion/plots/robustness", "fashion/claims", "fashion/report", "fashion/notebook", "kernel-setup"}

// goPackage is what `go list` says of a package.
type goPackage struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
	Imports, Deps     []string
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,CgoFiles,Imports,Deps", "fashionlab/...")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, "fashionlab/")
		list = append(list, p)
	}
}

func TestNoPackageImportsOneAboveIt(t *testing.T) {
	for _, p := range packages(t) {
		storey := slices.Index(storeys, p.ImportPath)
		if storey < 0 {
			t.Errorf("%s is not in the list of packages", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, "fashionlab/")
			if ours && slices.Index(storeys, name) >= storey {
				t.Errorf("%s imports %s, which is above it", p.ImportPath, name)
			}
			if !ours && storey < onGround && strings.Contains(imported, ".") {
				t.Errorf("%s imports %s, want the standard library only", p.ImportPath, imported)
			}
		}
	}
}

func TestReadingSavedOutputsNeedsNoGoMLX(t *testing.T) {
	for _, p := range packages(t) {
		if i := slices.IndexFunc(p.Deps, func(d string) bool { return strings.HasPrefix(d, "github.com/gomlx/") }); i >= 0 && slices.Contains(light, p.ImportPath) {
			t.Errorf("%s needs %s", p.ImportPath, p.Deps[i])
		}
	}
}

func TestNoPackageIsTooLargeToRead(t *testing.T) {
	for _, p := range packages(t) {
		lines := 0
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			source, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			lines += bytes.Count(source, []byte("\n"))
		}
		if lines > largest {
			t.Errorf("%s has %d lines without its tests, want at most %d; divide it", p.ImportPath, lines, largest)
		}
	}
}

// The map of README.md has every package but those that are internal.
func TestReadmeNamesEachPackage(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, house, _ := strings.Cut(string(readme), "## Packages")
	_, tree, _ := strings.Cut(house, "```")
	tree, _, _ = strings.Cut(tree, "```")
	words := strings.Fields(tree)
	for _, p := range packages(t) {
		name := filepath.Base(p.ImportPath) + "/"
		if name == "fashionlab/" {
			name = "cmd/fashionlab/"
		}
		if !strings.Contains(p.ImportPath, "/internal/") && !slices.Contains(words, name) {
			t.Errorf("README.md does not name %s", p.ImportPath)
		}
	}
}
