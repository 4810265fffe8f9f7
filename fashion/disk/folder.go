package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ReplaceFolder makes a folder of files in one step: beside it, in a hidden folder, which then takes its place. Whenever the process ends, the folder is the old one, the new one or, for a moment, not
// there; the next call removes what was left, or puts the old one back. What the old folder holds beside the names that are ours is kept.
func ReplaceFolder(dir string, contents map[string][]byte, ours []string) (err error) {
	parent, base := filepath.Split(dir)
	staging, old := filepath.Join(parent, "."+base+".new"), filepath.Join(parent, "."+base+".old")
	if err := os.MkdirAll(staging, 0o777); err != nil {
		return err
	}
	lock, err := NewLock(staging)
	if err != nil {
		return err
	}
	fresh := filepath.Join(staging, base)
	defer func() {
		err = errors.Join(err, os.RemoveAll(fresh))
		lock.Close()          // nothing is written through it
		os.RemoveAll(staging) // best effort: the next call uses what is left
	}()
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(old, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := errors.Join(keepOthers(old, dir, ours), os.RemoveAll(fresh)); err != nil {
		return err
	}
	for file, data := range contents {
		if err := WriteFile(filepath.Join(fresh, file), data); err != nil {
			return err
		}
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return errors.Join(fmt.Errorf("cannot replace %s: %w", dir, err), os.Rename(old, dir))
	}
	return keepOthers(old, dir, ours)
}

// keepOthers moves what is not ours from the old folder to the one in its place, and removes the old one.
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
		if err := os.Rename(filepath.Join(old, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(old)
}
