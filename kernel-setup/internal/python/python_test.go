package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFailureOfPipIsReportedInItsOwnWords(t *testing.T) {
	for output, want := range map[string]string{
		"Collecting x==9\nERROR: Could not find a version that satisfies the requirement x==9 (from versions: none)\nERROR: No matching distribution found for x==9":          "ERROR: Could not find a version that satisfies the requirement x==9 (from versions: none)\nERROR: No matching distribution found for x==9",
		"Traceback (most recent call last):\n  File \"a.py\", line 1\npip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='h', port=1): Read timed out.": "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='h', port=1): Read timed out.",
		"": "",
	} {
		if got := pipReason(output); got != want {
			t.Errorf("of %q: %q, want %q", output, got, want)
		}
	}
}

func TestVirtualEnvironmentWithFilesOfTheUserIsNotMadeAnew(t *testing.T) {
	venv := t.TempDir()
	if err := checkForeign(filepath.Join(venv, "none")); err != nil {
		t.Errorf("where there is none: %v", err)
	}
	for _, name := range []string{"bin", "lib", "pyvenv.cfg"} {
		if err := os.WriteFile(filepath.Join(venv, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkForeign(venv); err != nil {
		t.Errorf("with what the set-up made: %v", err)
	}
	if err := os.WriteFile(filepath.Join(venv, "thesis.ipynb"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := checkForeign(venv); err == nil || !strings.Contains(err.Error(), "thesis.ipynb") {
		t.Errorf("with a notebook of the user's: %v, want an error that names it", err)
	}
}
