package python

import (
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
