package layout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/kernel-setup/internal/layouttest"
)

// redirect makes a standard stream a file until the test ends, and returns what reads it.
func redirect(t *testing.T, stream **os.File) (read func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	before := *stream
	*stream = f
	t.Cleanup(func() { *stream = before; f.Close() })
	return func() string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}
}

func TestSetUpWaitsForAnotherAndLeavesStandardOutputAlone(t *testing.T) {
	l := layouttest.New(t)
	output, messages := redirect(t, &os.Stdout), redirect(t, &os.Stderr)
	if err := os.MkdirAll(l.Home, 0o777); err != nil {
		t.Fatal(err)
	}
	another, err := disk.NewLock(l.Home)
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if err := l.UnderLock(stopped, func() error { return errors.New("both are at work") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside another set-up: %v, want it to wait", err)
	}
	if got := output(); got != "" {
		t.Errorf("standard output has %q", got)
	}
	if got := messages(); !strings.Contains(got, "waiting") || !strings.Contains(got, l.Lock()) {
		t.Errorf("standard error has %q, want that it waits, and for which file", got)
	}
	if err := another.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
		t.Errorf("after the other set-up: %v", err)
	}
}

func TestFolderThatCannotBeLockedIsNamedWithItsVariable(t *testing.T) {
	l := layouttest.New(t)
	if err := os.MkdirAll(l.Lock(), 0o777); err != nil { // a folder in the lock's place
		t.Fatal(err)
	}
	layouttest.Mentions(t, l.UnderLock(t.Context(), func() error { return nil }), l.Lock(), "FASHIONLAB_HOME")
}
