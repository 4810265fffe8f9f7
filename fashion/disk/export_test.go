package disk

import "syscall"

// WithoutLocks makes every lock fail as a file system without locks does, until restore.
func WithoutLocks(err error) (restore func()) {
	flock = func(int, int) error { return err }
	return func() { flock = syscall.Flock }
}
