//go:build unix

package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"fashionlab/fashion/internal/files"
)

const lockFile = "lock"

// LockedError is a folder that another process is writing.
type LockedError struct{ File, Owner string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s: %s is writing here; wait for it or stop it", e.File, e.Owner)
}

// Lock is a folder's lock. The kernel lets go of it when the process ends, however it ends.
type Lock struct {
	// Warning tells what the lock cannot promise, because the file system has no locks; "" as a rule. It then only keeps away from a folder that names another process which runs here.
	Warning string

	file files.File
}

// NewLock locks a folder for this process until Close.
func NewLock(dir string) (*Lock, error) {
	f, err := openLock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	l := &Lock{file: f}
	if err := l.take(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// flock is a variable because tests have file systems without.
var flock = syscall.Flock

// noLocks are the errors of file systems without locks.
var noLocks = []error{syscall.ENOLCK, syscall.ENOSYS, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.EINVAL}

// take locks the file and writes this process into it.
func (l *Lock) take() error {
	path := l.file.Name()
	if err := flock(int(l.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid := l.owner()
		running := pid != 0 && pid != os.Getpid() && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK) && pid == 0:
			return &LockedError{path, "another process"}
		case errors.Is(err, syscall.EWOULDBLOCK):
			return &LockedError{path, fmt.Sprintf("process %d", pid)}
		case !slices.ContainsFunc(noLocks, func(e error) bool { return errors.Is(err, e) }):
			return fmt.Errorf("cannot lock %s: %w", path, err)
		case running:
			return &LockedError{path, fmt.Sprintf("process %d (if it is no program of this project, remove the file)", pid)}
		}
		l.Warning = fmt.Sprintf("%s: the file system has no locks (%v): another process could write here too, above all one on another machine; see to it that none does", filepath.Dir(path), err)
	}
	err := l.file.Truncate(0)
	if err == nil {
		_, err = l.file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		return fmt.Errorf("cannot lock %s: %w", path, err)
	}
	return nil
}

// openLock opens a lock's file. It refuses what is not a file of its own: writing into it would destroy another.
func openLock(path string) (files.File, error) {
	f, err := files.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK)
	if errors.Is(err, syscall.ELOOP) {
		return f, fmt.Errorf("%s is a link, and what it leads to would be overwritten; remove the link", path)
	}
	if err != nil {
		return f, fmt.Errorf("cannot lock the folder; make it writable or choose another: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return f, errors.Join(err, f.Close())
	}
	names := uint64(1)
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		names = uint64(s.Nlink) // of another width on other systems
	}
	if !info.Mode().IsRegular() || names > 1 {
		return f, errors.Join(fmt.Errorf("%s is no lock but %v, a file with %d names; remove it", path, info.Mode(), names), f.Close())
	}
	return f, nil
}

// owner is the process that a lock names, 0 if none.
func (l *Lock) owner() int {
	text, _ := io.ReadAll(io.LimitReader(l.file, 32)) // best effort: it only names the other process
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}

// Check reports that the folder, or the lock in it, is not the one that was locked any more: nobody would find what is written from now on.
func (l *Lock) Check() error {
	held, err := l.file.Stat()
	if err != nil {
		return err
	}
	found, err := os.Lstat(l.file.Name())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !os.SameFile(held, found) {
		return fmt.Errorf("%s was moved, removed or replaced while this process was writing it; what was saved before is where the folder is now: move it back, or begin anew", filepath.Dir(l.file.Name()))
	}
	return nil
}

// Close lets go of the lock.
func (l *Lock) Close() error {
	var err error
	if l.Warning != "" { // nothing but the file's text tells others that it is free
		err = l.file.Truncate(0)
	}
	return errors.Join(err, l.file.Close())
}
