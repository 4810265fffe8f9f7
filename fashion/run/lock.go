//go:build unix

package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// LockedError is a run or a search that another process is writing.
type LockedError struct{ File, Owner string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s: %s is writing here; wait for it or stop it", e.File, e.Owner)
}

// Lock locks a folder for this process until the file is closed. The kernel lets go of it when the process ends, however it ends.
func Lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the folder; make it writable or choose another with $%s: %w", RootVariable, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			owner, _ := os.ReadFile(path) // best effort: it only names the other process in the message
			return nil, &LockedError{path, strings.TrimSpace("process " + string(owner))}
		}
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), f.Close())
	}
	return f, nil
}
