package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
)

func TestTypingErrorCostsNoSetUp(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Mentions(t, dispatch(t.Context(), []string{"run", "-profile", "huge"}), `"huge"`, "smoke, quick, full")
	layouttest.Mentions(t, dispatch(t.Context(), []string{"run", "-only", "77"}), `"77"`, "01-data.ipynb")
	layouttest.Mentions(t, dispatch(t.Context(), []string{"frob"}), `"frob"`, "run, lab, test", "train, search, report, robustness")
	layouttest.Mentions(t, dispatch(t.Context(), []string{"doctor", "extra"}), `"extra"`)
	layouttest.Mentions(t, dispatch(t.Context(), []string{"cluster", "wrok"}), `"wrok"`, "serve or work")
	if _, err := os.Stat(l.Home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there: %v", l.Home, err)
	}
}

func TestLicencesMayBeSpeltAsInAmerica(t *testing.T) {
	layouttest.New(t)
	for _, name := range []string{"licences", "licenses"} {
		layouttest.Mentions(t, dispatch(t.Context(), []string{name, "extra"}), "licences: takes flags only", `"extra"`)
	}
}

func TestFolderThatCannotBeWrittenIsReportedBeforeTheSetUp(t *testing.T) {
	l := layouttest.New(t)
	file := filepath.Join(t.TempDir(), "file")
	layouttest.Write(t, file, "")
	t.Setenv(run.RootVariable, filepath.Join(file, "runs"))
	layouttest.Mentions(t, dispatch(t.Context(), []string{"train", "-recipe", "cnn"}), run.RootVariable, file)
	layouttest.Mentions(t, dispatch(t.Context(), []string{"run", "-out", filepath.Join(file, "out")}), "-out", file)
	if _, err := os.Stat(l.Home); err == nil {
		t.Error("something was set up")
	}
	if err := layout.CheckWritable(filepath.Join(t.TempDir(), "not", "yet", "there")); err != nil {
		t.Errorf("a folder that can be made: %v", err)
	}
}

func TestPlanCostsNoSetUpAndWritesNothing(t *testing.T) {
	l, out := layouttest.New(t), filepath.Join(t.TempDir(), "out")
	t.Setenv(run.RootVariable, t.TempDir())
	if err := dispatch(t.Context(), []string{"run", "-plan", "-profile", "full", "-out", out}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{l.Home, out} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
}
