package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goList lists what a template of go list says of packages, a line for each.
func goList(t *testing.T, template string, patterns ...string) []string {
	t.Helper()
	c := exec.Command("go", append([]string{"list", "-f", template}, patterns...)...)
	c.Dir = ".."
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

const importPath = "{{.ImportPath}}"

func TestSuiteTestsPackagesThatStartGoroutinesWithTheRaceDetector(t *testing.T) {
	raced := goList(t, importPath, racePackages...)
	starts := regexp.MustCompile(`(?m)^\s*go (func|[a-zA-Z.]+)\(|\.Go\(`)
	for _, line := range goList(t, importPath+" {{.Dir}} {{join .Deps \",\"}}", "./...") {
		of := strings.Split(line+" ", " ")
		files, err := filepath.Glob(filepath.Join(of[1], "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		goroutines := slices.ContainsFunc(files, func(path string) bool {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return starts.Match(text)
		})
		want := goroutines && !strings.Contains(of[2], "github.com/gomlx/gomlx") && of[0] != notebooksPackage
		if got := slices.Contains(raced, of[0]); got != want {
			t.Errorf("%s is tested with the race detector: %v, want %v: it starts goroutines: %v", of[0], got, want, goroutines)
		}
	}
}
