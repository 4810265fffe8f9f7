// Package files changes the files that hold results. Whatever can fail for want of space, or be lost in a power cut, passes through here, so that tests can record each operation and make it fail.
//
// After a power cut a file's content is certain as of its last Sync, and the names in a folder as of its last SyncFolder (see fsync(2)). What was changed since may be lost, in a folder the
// last changes first.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Kind is a kind of operation.
type Kind string

// The kinds of operations.
const (
	Opening       Kind = "open" // which creates a file that is not there
	Writing       Kind = "write"
	Truncating    Kind = "truncate"
	Syncing       Kind = "sync"
	Closing       Kind = "close"
	Renaming      Kind = "rename"
	Linking       Kind = "link"
	Removing      Kind = "remove"
	MakingFolder  Kind = "mkdir"
	SyncingFolder Kind = "sync folder"
)

// Operation is one change of the file system.
type Operation struct {
	Kind   Kind
	Path   string
	To     string // the new name that a rename or a link gives
	Data   []byte // of a write
	Offset int64  // of a write, in bytes from the file's start; of a truncation, the size
}

// Layer does an operation by calling do, or fails it.
type Layer func(o Operation, do func() error) error

// layer is nil except in tests.
var layer Layer

// Intercept puts a layer before the system until restore. It is for tests, which change no file while they call either.
func Intercept(l Layer) (restore func()) {
	before := layer
	layer = l
	return func() { layer = before }
}

func apply(o Operation, do func() error) error {
	if layer == nil {
		return do()
	}
	return layer(o, do)
}

// File is an open file. Only its operations that change something are not those of os.File.
type File struct{ *os.File }

// OpenFile is os.OpenFile with the permissions that the umask leaves.
func OpenFile(path string, flags int) (File, error) {
	var f File
	err := apply(Operation{Kind: Opening, Path: path}, func() (err error) {
		f.File, err = os.OpenFile(path, flags, 0o666)
		return err
	})
	return f, err
}

// Write is os.File's.
func (f File) Write(b []byte) (n int, err error) {
	o := Operation{Kind: Writing, Path: f.Name(), Data: b}
	if layer != nil {
		if o.Offset, err = f.Seek(0, io.SeekCurrent); err != nil {
			return 0, err
		}
	}
	err = apply(o, func() (err error) {
		n, err = f.File.Write(b)
		return err
	})
	return n, err
}

// WriteString is os.File's.
func (f File) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

// ReadFrom is os.File's.
func (f File) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{f}, r) }

// WriteAt is os.File's.
func (f File) WriteAt(b []byte, offset int64) (n int, err error) {
	err = apply(Operation{Kind: Writing, Path: f.Name(), Data: b, Offset: offset}, func() (err error) {
		n, err = f.File.WriteAt(b, offset)
		return err
	})
	return n, err
}

// Truncate is os.File's.
func (f File) Truncate(size int64) error {
	return apply(Operation{Kind: Truncating, Path: f.Name(), Offset: size}, func() error { return f.File.Truncate(size) })
}

// Sync brings the file's content to the disk, and not its name: see SyncFolder.
func (f File) Sync() error {
	return apply(Operation{Kind: Syncing, Path: f.Name()}, f.File.Sync)
}

// Close is os.File's.
func (f File) Close() error {
	return apply(Operation{Kind: Closing, Path: f.Name()}, f.File.Close)
}

// Rename is os.Rename.
func Rename(from, to string) error {
	return apply(Operation{Kind: Renaming, Path: from, To: to}, func() error { return os.Rename(from, to) })
}

// Link is os.Link.
func Link(from, to string) error {
	return apply(Operation{Kind: Linking, Path: from, To: to}, func() error { return os.Link(from, to) })
}

// Remove is os.Remove.
func Remove(path string) error {
	return apply(Operation{Kind: Removing, Path: path}, func() error { return os.Remove(path) })
}

// RemoveAll is os.RemoveAll, in the order of the names.
func RemoveAll(path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.IsDir() {
		entries, err := os.ReadDir(path)
		for _, e := range entries {
			err = errors.Join(err, RemoveAll(filepath.Join(path, e.Name())))
		}
		if err != nil {
			return err
		}
	}
	if err == nil {
		err = Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Mkdir is os.Mkdir with the permissions that the umask leaves.
func Mkdir(dir string) error {
	return apply(Operation{Kind: MakingFolder, Path: dir}, func() error { return os.Mkdir(dir, 0o777) })
}

// SyncFolder brings the names in a folder to the disk, where the file system can do so on demand and the folder may be read.
func SyncFolder(dir string) error {
	return apply(Operation{Kind: SyncingFolder, Path: dir}, func() error {
		f, err := os.Open(dir)
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		err = f.Sync()
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EROFS) || errors.Is(err, errors.ErrUnsupported) {
			err = nil
		}
		return errors.Join(err, f.Close())
	})
}
