package python

import (
	"strings"
	"testing"
)

// Of whatever pip prints, its failure is told in three lines at most, and they are pip's.
func FuzzPipReason(f *testing.F) {
	for _, output := range []string{"", "\n\n", "ERROR: no\n", "WARNING: Retrying\nERROR: a\nERROR: b\nERROR: c\nERROR: d", "Traceback\n  File\nOSError: full\r\n", "\x1b[31mERROR: red\x1b[0m"} {
		f.Add(output)
	}
	f.Fuzz(func(t *testing.T, output string) {
		reason := pipReason(output)
		lines := strings.Split(reason, "\n")
		if len(lines) > 3 {
			t.Errorf("%d lines: %q", len(lines), reason)
		}
		for _, line := range lines {
			if !strings.Contains(output, strings.TrimSpace(line)) {
				t.Errorf("%q is not among %q", line, output)
			}
		}
		if reason == "" && strings.TrimSpace(output) != "" {
			t.Errorf("nothing is told of %q", output)
		}
	})
}
