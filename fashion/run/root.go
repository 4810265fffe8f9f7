package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fashionlab/fashion"
)

// RootVariable is the environment variable that names the folder of all runs.
const RootVariable = "FASHION_RUNS"

// Root is the folder of all runs: $FASHION_RUNS, else "runs" in the module's folder, found upward from the working
// directory.
func Root() (string, error) {
	if dir := os.Getenv(RootVariable); dir != "" {
		return filepath.Abs(dir)
	}
	root, err := fashion.ModuleRoot()
	if err != nil {
		return "", fmt.Errorf("%w; name the folder of runs with $%s", err, RootVariable)
	}
	return filepath.Join(root, "runs"), nil
}

// Path is the directory of the run of that name under Root.
func Path(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q is no name of a run, want a relative path such as quick/cnn", name)
	}
	return filepath.Join(root, name), nil
}

// OpenNamed opens the run of that name under Root.
func OpenNamed(name string) (*Run, error) {
	dir, err := Path(name)
	if err != nil {
		return nil, err
	}
	return Open(dir)
}

// List opens every run below a folder, in the order of their paths. A folder that does not exist holds none. Runs
// that cannot be read are left out and reported by the error.
func List(root string) ([]*Run, error) {
	var runs []*Run
	var unreadable []error
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() != recipeFile {
			return nil
		}
		r, err := Open(filepath.Dir(path))
		if err != nil {
			unreadable = append(unreadable, err)
			return nil
		}
		runs = append(runs, r)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		unreadable = append(unreadable, err)
	}
	return runs, errors.Join(unreadable...)
}
