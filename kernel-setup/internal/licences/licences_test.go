package licences

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
)

// isc is the text of a licence.
const isc = `Copyright (c) 2026, Somebody

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE,
DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

// write writes files, each after its name.
func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		layouttest.Write(t, filepath.Join(dir, files[i]), files[i+1])
	}
}

func TestPythonPackageHasTheLicenceThatItStatesElseThatOfItsText(t *testing.T) {
	l := layouttest.New(t)
	site := filepath.Join(l.Venv(), "lib", "python3.12", "site-packages")
	write(t, site,
		"new-1.0.dist-info/METADATA", "Metadata-Version: 2.4\nName: New\nVersion: 1.0\nLicense-Expression: MIT OR Apache-2.0\n\nName: not in the header\n",
		"new-1.0.dist-info/LICENSE", isc,
		"text-2.0.dist-info/METADATA", "Name: text\nVersion: 2.0\nLicense: as is\n",
		"text-2.0.dist-info/licenses/LICENCE.txt", isc,
		"short-3.0.dist-info/METADATA", "Name: short\nVersion: 3.0\nLicense: BSD\nClassifier: License :: OSI Approved :: BSD License\n",
		"old-4.0.dist-info/METADATA", "Name: old\nVersion: 4.0\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: Other\n",
		"none-5.0.dist-info/METADATA", "Name: none\nVersion: 5.0\n",
	)
	write(t, l.CUDA(), "cuda13/gpu-6.0.dist-info/METADATA", "Name: gpu\nVersion: 6.0\nLicense: proprietary\n")
	list, err := pythonPackages(l)
	if err != nil {
		t.Fatal(err)
	}
	want := []Component{{"gpu", "6.0", "proprietary", ""}, {"New", "1.0", "MIT OR Apache-2.0", ""}, {"none", "5.0", "", ""},
		{"old", "4.0", "MIT License", ""}, {"short", "3.0", "BSD", ""}, {"text", "2.0", "ISC", ""}}
	if len(list) != len(want) {
		t.Fatalf("%d packages, want %d: %v", len(list), len(want), list)
	}
	for i, got := range list {
		if !strings.HasPrefix(got.Where, l.Home) {
			t.Errorf("%s is in %q", got.Name, got.Where)
		}
		if got.Where = ""; got != want[i] {
			t.Errorf("%+v, want %+v", got, want[i])
		}
	}
}

func TestModulesAreThoseThatAreLinked(t *testing.T) {
	l, err := layout.New()
	if err != nil {
		t.Fatal(err)
	}
	l.Home = t.TempDir() // without the cluster's programs
	list, err := modules(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	licences := map[string]string{}
	for _, c := range list {
		licences[c.Name] = c.Licence
		if c.Version == "" || c.Licence == "" || c.Where == "" {
			t.Errorf("%+v, want a version, a licence and a folder", c)
		}
	}
	for name, want := range map[string]string{
		"Go": "BSD-3-Clause", "github.com/gomlx/gomlx": "Apache-2.0", "github.com/janpfeifer/gonb": "MIT", "golang.org/x/tools": "BSD-3-Clause",
		"github.com/golang/freetype":   "FTL, GPL-2.0", // in its folder licenses
		"github.com/chromedp/chromedp": "",             // for tests only
		"go.temporal.io/sdk":           "", "go.temporal.io/sdk (of cluster)": "",
	} {
		if licences[name] != want {
			t.Errorf("%s has the licence %q, want %q", name, licences[name], want)
		}
	}
}

func TestModulesOfTheClusterAreListedOnceItIsBuilt(t *testing.T) {
	l, err := layout.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	l.Home = t.TempDir()
	for _, e := range []layout.Extra{layout.Cluster, layout.GoogleCluster, layout.Server} {
		layouttest.Write(t, l.ExtraProgram(e), "")
	}
	list, err := modules(t.Context(), l)
	if err != nil {
		t.Skipf("the modules were not downloaded: %v", err)
	}
	for _, name := range []string{"go.temporal.io/sdk (of cluster)", "cloud.google.com/go/storage (of cluster with gs://)", "go.temporal.io/server (of cluster serve)"} {
		if !slices.ContainsFunc(list, func(c Component) bool { return c.Name == name && c.Licence != "" && c.Where != "" }) {
			t.Errorf("%s is not listed", name)
		}
	}
}

func TestPageWithoutAServerComputesWithTheVersionThatWasDownloaded(t *testing.T) {
	l := layouttest.New(t)
	if list := webRuntimes(l); len(list) != 1 || list[0].Version != "" || list[0].Where != "" {
		t.Errorf("before it is downloaded: %+v", list)
	}
	write(t, l.Home, "onnxruntime-web-1.30.0.tgz", "", "onnxruntime-web-2.0.1.tgz.part", "")
	if list := webRuntimes(l); len(list) != 1 || list[0].Version != "1.30.0" || list[0].Where != filepath.Join(l.Home, "onnxruntime-web-1.30.0.tgz") {
		t.Errorf("once it is: %+v", list)
	}
}

func TestTableSaysWhatIsNotInstalledOrNotRecognized(t *testing.T) {
	var b strings.Builder
	if err := Print(&b, []Component{{"a", "1", "MIT", "/a"}, {"longer", "22", "", "/b"}, {"c", "", "", ""}}); err != nil {
		t.Fatal(err)
	}
	want := `NAME    VERSION  LICENCE         WHERE
a       1        MIT             /a
longer  22       not recognized  /b
c                                not installed
`
	if b.String() != want {
		t.Errorf("the table is\n%s\nwant\n%s", &b, want)
	}
}
