package device

import (
	"fmt"
	"os"
	"strings"
)

// PeakMemory returns how many bytes this process had in memory at most, 0 where the system does not tell.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); err == nil {
			return kilobytes << 10
		}
	}
	return 0
}

// ResetPeakMemory has PeakMemory count from now on, where the system can (Linux: "clear_refs" of proc(5)).
func ResetPeakMemory() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }
