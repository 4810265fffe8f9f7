package cuda

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestEachPackageOfAReleaseIsPinnedForBothProcessors(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9-]+==[0-9.]+( --hash=sha256:[0-9a-f]{64}){2}$`)
	for _, r := range releases {
		for line := range strings.Lines(r.requirements) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && !pinned.MatchString(line) {
				t.Errorf("%s: %q, want a version and the checksums for x86-64 and arm64", r.name, line)
			}
		}
	}
}

func TestPipThatInstallsAReleaseIsPinned(t *testing.T) {
	list, err := os.ReadFile("pip.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^pip==[0-9.]+ --hash=sha256:[0-9a-f]{64}\r?$`).Match(list) {
		t.Errorf("pip.txt is %q, want a version with its checksum", list)
	}
}
