package infer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWordIsFoundAcrossTwoPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 1<<20-4)+"the_flag"+strings.Repeat("y", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]bool{"the_flag": true, "xxthe": true, "agyy": true, "no_flag": false} {
		if got, err := mentions(path, word); err != nil || got != want {
			t.Errorf("%q is found: %v, %v; want %v", word, got, err, want)
		}
	}
}
