package run

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
)

// SetWarnings changes where warnings go, and returns what brings them back.
func SetWarnings(w io.Writer) (restore func()) {
	before := warnings
	warnings = w
	return func() { warnings = before }
}

// Seal gives a finished run, published or not, the manifest of its files as they are.
func Seal(dir string) (err error) {
	r, err := Open(dir)
	if err != nil {
		return err
	}
	if r.lock, err = disk.NewLock(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(), os.Remove(filepath.Join(dir, "lock"))) }()
	r.manifest = nil
	return r.seal()
}

// Announce is the manifest of a file that is about to be replaced.
func Announce(done []byte, name string, data []byte) ([]byte, error) {
	m, err := manifest.Decode(done)
	if err != nil {
		return nil, err
	}
	return m.Announce(name, manifest.Digest(data)).Encode()
}
