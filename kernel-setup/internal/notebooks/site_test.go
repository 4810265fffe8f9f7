package notebooks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/python"
)

// site writes the site of a module's notebooks, those of the project if root is "", and returns its pages by their names.
func site(t *testing.T, root string) map[string]string {
	t.Helper()
	l, err := layout.New()
	if err != nil {
		t.Fatal(err)
	}
	if root != "" {
		l.Root = root
	}
	if missing := parts.Missing(l, []string{python.Jupyter}); len(missing) > 0 {
		t.Skip("no site is written: JupyterLab and nbconvert, whose Python packages write it, are not installed")
	}
	t.Setenv(run.RootVariable, t.TempDir())
	o := Options{Profile: "smoke", Out: t.TempDir(), Site: filepath.Join(t.TempDir(), "a site")}
	if err := Site(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	err = filepath.WalkDir(o.Site, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(o.Site, path)
		pages[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestSiteHasEachNotebookWithNavigationFormulasAndNothingFromOutside(t *testing.T) {
	pages := site(t, "")
	paths, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks (%v)", err)
	}
	for _, path := range paths {
		for _, name := range []string{nameOf(path) + ".html", "slides/" + nameOf(path) + ".html"} {
			if p := pages[name]; !strings.Contains(p, `name="viewport"`) || !strings.Contains(p, "prefers-color-scheme: dark") || !strings.Contains(p, `class="kn"`) && !strings.Contains(p, `class="k"`) {
				t.Errorf("%s is missing, or not for telephones, has no dark colours, or no Go in colours", name)
			}
		}
		if name := nameOf(path) + ".html"; !strings.Contains(pages["index.html"], `href="`+name+`"`) {
			t.Errorf("index.html does not lead to %s", name)
		}
	}
	formulasAreMathML(t, pages["02-learning.html"])
	outside := regexp.MustCompile(`(?i)<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(?:https?:)?//[^"]*"|url\(|@import`)
	leads := regexp.MustCompile(`href="([^"#]+)`)
	for name, p := range pages {
		if m := outside.FindString(p); m != "" {
			t.Errorf("%s loads something from outside: %.100s", name, m)
		}
		if strings.HasPrefix(name, "source/") || name == "report.html" {
			continue // its navigation is that of the others; the report has tests of its own
		}
		for _, m := range leads.FindAllStringSubmatch(p, -1) {
			target := filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
			if _, ok := pages[target]; !ok && !strings.Contains(m[1], ":") {
				t.Errorf("%s leads to %s, which is not there", name, m[1])
			}
		}
	}
}

// formulasAreMathML looks at those of a page.
func formulasAreMathML(t *testing.T, p string) {
	t.Helper()
	for _, want := range []string{"<msup><mi>e</mi><mrow><msub><mi>z</mi><mi>i</mi></msub></mrow></msup>", "<mfrac><mrow><mi>&#x003BB;</mi></mrow><mrow><mn>2</mn></mrow></mfrac>",
		`<mover accent="true"><mi>m</mi><mo>&#x0005E;</mo></mover>`, `<mi>ln</mi><mspace width="0.17em"></mspace><mi>p</mi>`} {
		if !strings.Contains(p, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(p, `\leftarrow`) {
		t.Error("a formula is shown as TeX")
	}
}

func TestTagsOfCellsDivideSlides(t *testing.T) {
	root := t.TempDir()
	layouttest.Write(t, filepath.Join(root, "notebooks", "01-tags.ipynb"), `{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
		{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# 1. Title"}, {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "text"},
		{"cell_type": "markdown", "id": "c", "metadata": {"tags": ["skip"]}, "source": "left out"}, {"cell_type": "markdown", "id": "d", "metadata": {"tags": ["-"]}, "source": "## Heading"},
		{"cell_type": "markdown", "id": "e", "metadata": {"tags": ["slide"]}, "source": "begins"}, {"cell_type": "markdown", "id": "f", "metadata": {}, "source": "## Next"}]}`)
	p := site(t, root)["slides/01-tags.html"]
	if n := strings.Count(p, "<section>"); n != 3 || strings.Contains(p, "left out") {
		t.Errorf("%d slides, want three, without the cell that is tagged skip:\n%s", n, p)
	}
}
