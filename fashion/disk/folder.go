package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"fashionlab/fashion/internal/files"
)

// MkdirAll makes a folder and those above it that are missing.
func MkdirAll(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if _, err := os.Stat(parent); err == nil {
		if err := files.SyncFolder(filepath.Dir(parent)); err != nil { // a killed process may just have made it
			return err
		}
	} else if err := MkdirAll(parent); err != nil {
		return err
	}
	return Mkdir(dir)
}

// Mkdir makes a folder, unless it is there, which outlasts a power cut.
func Mkdir(dir string) error {
	err := files.Mkdir(dir)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := files.SyncFolder(filepath.Dir(dir)); err != nil {
		return errors.Join(fmt.Errorf("cannot make %s: %w", dir, err), files.Remove(dir)) // the next attempt syncs again
	}
	return nil
}

// Recover puts in order what a killed process left of a folder and of those files that List lists, while no other process writes: it removes the temporary ones, and sees to it that a power cut takes
// back none of the others.
func Recover(dir string, patterns ...string) error {
	names, temporaries, err := List(dir, patterns...)
	for _, name := range temporaries {
		err = errors.Join(err, files.Remove(filepath.Join(dir, name)))
	}
	folders := []string{filepath.Dir(dir)}
	for _, name := range names {
		folders = append(folders, filepath.Dir(filepath.Join(dir, name)))
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		err = errors.Join(err, files.SyncFolder(folder))
	}
	return err
}

// WalkDir is filepath.WalkDir for a folder that may change meanwhile and be behind a symbolic link, whose name then begins the paths. A folder that is not there holds nothing; what vanishes meanwhile is
// passed over. Links in the folder are not followed.
func WalkDir(root string, visit fs.WalkDirFunc) error {
	followed := filepath.Clean(root) + string(filepath.Separator) // Lstat follows a link whose name ends so
	return filepath.WalkDir(followed, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if path == followed {
			path = root
		}
		return visit(path, d, err)
	})
}

// Remove removes a file, if it is there. After it has returned, a power cut does not bring it back.
func Remove(path string) error {
	err := files.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return files.SyncFolder(filepath.Dir(path))
}

// RemoveFolder is Remove for a folder and all that it holds, in one step: whenever the process ends, the folder is complete or not there. What is left of it then, in a hidden folder, is removed by the
// next call.
func RemoveFolder(dir string) error {
	old := hidden(dir, "old")
	if err := files.RemoveAll(old); err != nil {
		return err
	}
	err := files.Rename(dir, old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := files.SyncFolder(filepath.Dir(dir)); err != nil {
		return errors.Join(fmt.Errorf("cannot remove %s: %w", dir, err), files.Rename(old, dir))
	}
	return files.RemoveAll(old)
}

// hidden is the name beside a folder of one that has or had its place.
func hidden(dir, suffix string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+"."+suffix)
}

// ReplaceFolder makes a folder of files in one step: beside it, in a hidden folder, which then takes its place. Whenever the process ends, the folder is the old one, the new one or, for a moment, not
// there; the next call removes what was left, or puts the old one back. What the old folder holds beside the names that are ours is kept.
func ReplaceFolder(dir string, contents map[string][]byte, ours []string) (err error) {
	staging, old := hidden(dir, "new"), hidden(dir, "old")
	if err := MkdirAll(staging); err != nil {
		return err
	}
	lock, err := NewLock(staging)
	if err != nil {
		return err
	}
	fresh := filepath.Join(staging, filepath.Base(dir))
	defer func() {
		err = errors.Join(err, files.RemoveAll(fresh))
		files.RemoveAll(staging) // best effort: the next call uses what is left; while it is locked, nobody else does
		lock.Close()             // nothing is written through it
	}()
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := files.Rename(old, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := errors.Join(keepOthers(old, dir, ours), files.RemoveAll(fresh)); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(contents)) {
		if err := WriteFile(filepath.Join(fresh, file), contents[file]); err != nil {
			return err
		}
	}
	if err := files.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := files.Rename(fresh, dir); err != nil {
		return errors.Join(fmt.Errorf("cannot replace %s: %w", dir, err), files.Rename(old, dir))
	}
	if err := files.SyncFolder(filepath.Dir(dir)); err != nil {
		return fmt.Errorf("%s is written, but a power cut could bring back the folder before it: %w", dir, err)
	}
	return keepOthers(old, dir, ours)
}

// keepOthers moves what is not ours from the old folder to the one in its place, and removes the old one, once it is certain which is which.
func keepOthers(old, dir string, ours []string) error {
	entries, err := os.ReadDir(old)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if slices.Contains(ours, e.Name()) {
			continue
		}
		if err := files.Rename(filepath.Join(old, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	for _, changed := range []string{dir, filepath.Dir(dir)} {
		if err := files.SyncFolder(changed); err != nil {
			return err
		}
	}
	return files.RemoveAll(old)
}
