// Package disk writes files so that they are old or new and never half, and the new ones outlast a power cut; it reads only what is a file, and locks folders: what a run, a search and the set-up need of a file system,
// on those that can less too.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"unicode"

	"fashionlab/fashion/internal/files"
)

// WriteFile writes data to a temporary file beside path, brings it to the disk and renames it, so that path holds
// the old bytes or the new ones whatever happens meanwhile; after it has returned, not even a power cut brings the old ones back. It makes the folder. The umask decides who may read the file.
func WriteFile(path string, data []byte) error {
	if err := MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	return Replace(path, data)
}

// WriteOutput writes a file that a user names, as WriteFile does. A symbolic link stays one: the file that it leads to is written. Into what is neither a file nor a folder, such as /dev/stdout, the data
// go as they are.
func WriteOutput(path string, data []byte) error {
	if err := CheckOutput(path); err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() {
		return WriteFile(path, data)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// CheckOutput reports a path that cannot become a file, before the work that is to be written there.
func CheckOutput(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder, want the name of a file", path)
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s cannot be written: %s is no folder", path, dir)
		}
		if err == nil || dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// Replace is WriteFile in a folder that must be there.
func Replace(path string, data []byte) error {
	f, err := createTemporary(path)
	if err != nil {
		return fmt.Errorf("cannot write %s; make the folder writable or choose another: %w", path, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = files.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s is as it was before: %w", path, err), files.Remove(f.Name()))
	}
	if err := files.SyncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%s is written, but a power cut could bring back what was there before: %w", path, err)
	}
	return nil
}

// createTemporary creates a file of a new name beside path, with the permissions that the umask leaves.
func createTemporary(path string) (f files.File, err error) {
	for range 100 {
		name := fmt.Sprintf(".%s.%d", filepath.Base(path), rand.Uint64())
		f, err = files.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return f, err
}

// temporary matches the names of temporary files.
var temporary = regexp.MustCompile(`^\.(.+)\.\d+$`)

// List lists the files of a folder whose paths, with slashes, match one of the patterns, and the temporary files of such files: of killed writers, and of those at work. A folder that does not
// exist has none.
func List(dir string, patterns ...string) (names, temporaries []string, err error) {
	for _, pattern := range patterns {
		folder, base := path.Split(pattern)
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		for _, e := range entries {
			of := temporary.FindStringSubmatch(e.Name())
			if of == nil {
				of = []string{"", e.Name()}
			}
			hidden := strings.ContainsFunc(e.Name(), func(c rune) bool { return !unicode.IsGraphic(c) }) // no name that we give
			if ours, err := path.Match(base, of[1]); err != nil || !ours || hidden {
				continue
			}
			if of[0] == "" {
				names = append(names, folder+e.Name())
			} else if e.Type().IsRegular() {
				temporaries = append(temporaries, folder+e.Name())
			}
		}
	}
	return names, temporaries, nil
}

// LinkOrCopy gives a file a second name, which takes the place of another file, or copies it where the file system has only one name for each. There is no moment in which to is half; a power
// cut may bring back what was there before.
func LinkOrCopy(from, to string) error {
	temporary := filepath.Join(filepath.Dir(to), fmt.Sprintf(".%s.%d", filepath.Base(to), rand.Uint64()))
	switch err := files.Link(from, temporary); {
	case err == nil:
		if err := files.Rename(temporary, to); err != nil {
			return errors.Join(err, files.Remove(temporary))
		}
		// Rename leaves two names of one file as they are: from is to already.
		if err := files.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return err
	}
	data, err := ReadFile(from, 0)
	if err != nil {
		return err
	}
	return Replace(to, data)
}

// Open opens a regular file for reading. A pipe or a device in its place is an error; waiting for it could last for ever.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, regular(f)
}

// OpenToWrite opens a regular file for reading and writing, and creates it if it is not there.
func OpenToWrite(path string) (files.File, error) {
	f, err := files.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK)
	if err != nil {
		return f, err
	}
	return f, regular(f.File)
}

// regular closes what is no regular file.
func regular(f *os.File) error {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file but of the kind %v", f.Name(), info.Mode().Type())
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// ReadFile reads a regular file of at most so many bytes, or of any number if most is 0.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if most > 0 && info.Size() > most {
		return nil, fmt.Errorf("%s has %d bytes, want %d at most", path, info.Size(), most)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}
