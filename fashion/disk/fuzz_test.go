package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion/disk"
)

// Whatever stands in a lock that nobody holds, the lock can be taken, and then names this process.
func FuzzLock(f *testing.F) {
	for _, text := range []string{"", "123\n", "-1\n", "0", "99999999999999999999", "\x00\x00\x00", "1 2", strings.Repeat("9", 100)} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "lock")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		l, err := disk.NewLock(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.Check(), l.Close()); err != nil {
			t.Error(err)
		}
		if data, err := os.ReadFile(path); err != nil || strings.TrimSpace(string(data)) == "" || strings.ContainsAny(string(data), "\x00-") {
			t.Errorf("the lock names %q (%v)", data, err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		restore := disk.WithoutLocks(syscall.ENOLCK)
		defer restore()
		var held *disk.LockedError
		switch l, err := disk.NewLock(dir); {
		case err == nil:
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		case !errors.As(err, &held):
			t.Error(err)
		}
	})
}
