package layout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fashionlab/fashion/run"
)

// CheckWritable reports a folder in which, or in the nearest one above it that there is, no file can be made.
func CheckWritable(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir):
			dir = filepath.Dir(dir)
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is a file where a folder is wanted", dir)
		}
		f, err := os.CreateTemp(dir, ".fashionlab-")
		if err != nil {
			return fmt.Errorf("cannot write there: %w", err)
		}
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
}

// Runs is the folder of runs that the notebooks use.
func (l Layout) Runs() (string, error) {
	if os.Getenv(run.RootVariable) != "" {
		return run.Local().Root()
	}
	return filepath.Join(l.Root, "runs"), nil
}

// CheckRuns reports a folder of runs that cannot be written.
func (l Layout) CheckRuns() error {
	root, err := l.Runs()
	if err != nil {
		return err
	}
	if err := CheckWritable(root); err != nil {
		return fmt.Errorf("%s, for the runs: %w; name a writable folder with $%s", root, err, run.RootVariable)
	}
	return nil
}
