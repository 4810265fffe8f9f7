package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/internal/winograd"
)

// The notebooks' cells are linked so, where it works: in less time, but without thread-local variables and constructors of C.
func TestGosOwnLinkerLinksTheProgramWithItsPartsInC(t *testing.T) {
	if winograd.Instructions() == "" {
		t.Skip("the convolutions in C are not written for this processor")
	}
	program := filepath.Join(t.TempDir(), "fashionlab")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-w", "-o", program, ".")
	build.Env = append(os.Environ(), "GO_EXTLINK_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program, "backend").CombinedOutput()
	for _, want := range []string{"3x3 convolutions: functions in C, with " + winograd.Instructions(), "large blocks of memory: kept"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("it says %q (%v), want %q", out, err, want)
		}
	}
}
