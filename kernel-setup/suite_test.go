package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSuiteTestsEachPackage(t *testing.T) {
	list := func(patterns ...string) []string {
		c := exec.Command("go", append([]string{"list"}, patterns...)...)
		c.Dir = ".."
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	tested := slices.Concat(list(racePackages...), list(otherPackages...))
	for _, name := range list("./...") {
		if n := len(slices.DeleteFunc(slices.Clone(tested), func(p string) bool { return p != name })); n != 1 {
			t.Errorf("%s is tested %d times, want once", name, n)
		}
	}
}
