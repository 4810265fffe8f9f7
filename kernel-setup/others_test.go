package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSuiteTestsEachPackage(t *testing.T) {
	c := exec.Command("go", "list", "./...")
	c.Dir = ".."
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(out)) {
		path := "./" + strings.TrimPrefix(strings.TrimSpace(name), "fashionlab/")
		if n := len(slices.DeleteFunc(slices.Concat(racePackages, otherPackages), func(p string) bool { return p != path })); n != 1 {
			t.Errorf("%s is tested %d times, want once", path, n)
		}
	}
}
