// Package licences lists what the study is made of beside its own code, with the licence of each: the Go modules that are linked into its programs, the Python packages of the
// private folder, the plugin, the data set, the handwritten digits among the test images, and what the page without a server computes with.
//
// A licence is an SPDX identifier (https://spdx.org/licenses): what a Python package states, else what the texts of a package or module are recognized as. Several may
// all hold, or be for a user to choose from: the files say.
package licences

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/licensecheck"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
)

// Component is one thing that is used.
type Component struct {
	Name, Version string
	Licence       string // SPDX identifiers, as its files are; "" if none is known
	Where         string // folder or file, "" if it is not installed
}

// List lists the components, in groups: Go modules, Python packages, plugin, data.
func List(ctx context.Context, l layout.Layout) ([]Component, error) {
	list, err := modules(ctx, l)
	if err != nil {
		return nil, err
	}
	packages, err := pythonPackages(l)
	if err != nil {
		return nil, err
	}
	list = append(list, packages...)
	name, version, path := parts.InstalledPlugin()
	data := Component{Name: parts.Data, Version: "of 31 August 2017", Licence: "MIT"}
	if dir, err := fashion.FindDir(); err == nil {
		data.Where = dir
	}
	digits := Component{"Optical Recognition of Handwritten Digits (UCI)", "300 digits", "CC-BY-4.0", filepath.Join(l.Root, "fashion", "scene", "digits")}
	list = append(list, Component{name, version, "Apache-2.0", path}, data, digits)
	return append(list, webRuntimes(l)...), nil // these come without a text
}

// webRuntimes are the versions of onnxruntime-web whose archives are in the private folder, where demo -static keeps them, or one that is not installed.
func webRuntimes(l layout.Layout) []Component {
	const prefix, suffix = "onnxruntime-web-", ".tgz"
	c := Component{Name: "onnxruntime-web (of demo -static)", Licence: "MIT"}
	archives, err := fashion.Glob(l.Home, prefix+"*"+suffix)
	if err != nil || len(archives) == 0 {
		return []Component{c}
	}
	var list []Component
	for _, c.Where = range archives {
		c.Version = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(c.Where), prefix), suffix)
		list = append(list, c)
	}
	return list
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// Print prints a table.
func Print(w io.Writer, list []Component) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tVERSION\tLICENCE\tWHERE")
	for _, c := range list {
		if c.Where == "" {
			c.Where = "not installed"
		} else if c.Licence == "" {
			c.Licence = "not recognized"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.Name, c.Version, c.Licence, c.Where)
	}
	return t.Flush()
}

// licenceFile matches the names of files with the text of a licence.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)

// recognized is how much of a text must be that of known licences, in percent.
const recognized = 75

// textsIn returns the licences whose texts are in a folder or else in its folder "licenses"; "" if none is recognized.
func textsIn(dir string) string {
	found := recognize(dir, licenceFile.MatchString)
	if len(found) == 0 {
		found = recognize(filepath.Join(dir, "licenses"), func(string) bool { return true })
	}
	return strings.Join(found, ", ")
}

// recognize returns the licences whose texts are in a folder's files of certain names.
func recognize(dir string, named func(string) bool) (found []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is no such folder
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || !named(e.Name()) {
			continue // what cannot be read is not recognized
		}
		cover := licensecheck.Scan(text)
		for _, m := range cover.Match {
			if cover.Percent >= recognized && !slices.Contains(found, m.ID) {
				found = append(found, m.ID)
			}
		}
	}
	return found
}
