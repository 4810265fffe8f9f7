package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// reported is the page that the command writes with these flags, in a module without runs.
func reported(t *testing.T, l layout, flags ...string) string {
	t.Helper()
	t.Setenv(fashion.DirVariable, t.TempDir()) // the data set is not needed
	path, c, o := filepath.Join(t.TempDir(), "new", "report.html"), commands()["report"], options{}
	f := flag.NewFlagSet("report", flag.ContinueOnError)
	c.flags(f, &o)
	if err := f.Parse(append(flags, "-html", path)); err != nil {
		t.Fatal(err)
	}
	if err := c.do(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestReportWritesAPageThatNamesFoldersOfTheModuleOnly(t *testing.T) {
	t.Setenv(run.RootVariable, "")
	l := layout{root: t.TempDir()}
	for _, flags := range [][]string{nil, {"-json"}} {
		page := reported(t, l, flags...)
		if !strings.Contains(page, "from the runs in runs and notebooks/published.") || !strings.Contains(page, "</html>") || strings.Contains(page, l.root) {
			t.Errorf("the page is\n%.3000s", page)
		}
	}
}

func TestReportOfAFolderOutsideTheModuleHidesWhereItIs(t *testing.T) {
	elsewhere := t.TempDir()
	t.Setenv(run.RootVariable, filepath.Join(elsewhere, "trainings"))
	page := reported(t, layout{root: t.TempDir()})
	if !strings.Contains(page, "from the runs in trainings and notebooks/published.") || strings.Contains(page, elsewhere) {
		t.Errorf("the page is\n%.3000s", page)
	}
}
