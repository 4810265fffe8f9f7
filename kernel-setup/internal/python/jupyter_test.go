package python

import (
	"regexp"
	"strings"
	"testing"
)

// locked are the packages of a lock, name and version, with the number of their checksums. A package may have several versions, for several Pythons.
func locked(t *testing.T, lock string) map[string]int {
	t.Helper()
	packages, hash := map[string]int{}, regexp.MustCompile(`--hash=sha256:[0-9a-f]{64}\b`)
	for _, line := range strings.Split(strings.NewReplacer("\r\n", "\n", "\\\n", "").Replace(lock), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, " ")
		packages[name] += len(hash.FindAllString(line, -1))
	}
	return packages
}

func TestLockHoldsEachRequirementAndAChecksumOfEachPackage(t *testing.T) {
	packages := locked(t, lock)
	for name, sums := range packages {
		if !regexp.MustCompile(`^[a-z0-9.-]+==[0-9a-z.]+$`).MatchString(name) || sums == 0 {
			t.Errorf("%s has %d checksums, want a package in one version with some", name, sums)
		}
	}
	if len(packages) < 90 {
		t.Errorf("the lock has %d packages, want all that JupyterLab needs", len(packages))
	}
	for line := range strings.Lines(requirements) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if packages[line] == 0 {
			t.Errorf("the lock lacks %s; make it anew with the command in requirements.txt", line)
		}
	}
}

// Files come from wherever the user's pip fetches them.
func TestLockNamesNoAddress(t *testing.T) {
	for _, address := range []string{"://", "--index", "--find-links", " @ ", "file:"} {
		if strings.Contains(lock, address) {
			t.Errorf("the lock has %q", address)
		}
	}
}
