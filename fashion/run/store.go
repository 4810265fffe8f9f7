package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/text"
)

// Store is a folder of runs. Its methods return the error of a folder that could not be found.
type Store struct {
	root      string
	published bool
	err       error
}

const (
	// RootVariable is the environment variable that names the folder of this machine's runs.
	RootVariable = "FASHION_RUNS"
	// PublishedVariable is the environment variable that names the folder of the published runs.
	PublishedVariable = "FASHION_PUBLISHED"
)

// Local holds this machine's runs: in $FASHION_RUNS, else in "runs" of the module's folder, found upward from the working directory.
func Local() Store { return storeOf(RootVariable, "runs", false) }

// Published holds full-scale runs that were made elsewhere and come with the project, few of them with weights: in $FASHION_PUBLISHED, else in "notebooks/published" of the
// module's folder. They are shown beside this machine's runs and never taken for them.
func Published() Store { return storeOf(PublishedVariable, "notebooks/published", true) }

// StoreAt holds the runs below a folder.
func StoreAt(root string, published bool) Store { return Store{root: root, published: published} }

// storeOf is the folder that a variable names, else one of the module's.
func storeOf(variable, name string, published bool) Store {
	s := Store{published: published}
	if dir := os.Getenv(variable); dir != "" {
		s.root, s.err = filepath.Abs(dir)
		return s
	}
	root, err := fashion.ModuleRoot()
	if err != nil {
		s.err = fmt.Errorf("%w; or name the folder of runs with $%s", err, variable)
	}
	s.root = filepath.Join(root, filepath.FromSlash(name))
	return s
}

// Published reports whether the runs were made elsewhere.
func (s Store) Published() bool { return s.published }

// Root is the store's folder.
func (s Store) Root() (string, error) { return s.root, s.err }

// Path is the folder of the run of a name, a relative path such as "quick/cnn".
func (s Store) Path(name string) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	if _, hidden := text.Hidden(name); hidden || !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q is no name of a run, want a relative path such as quick/cnn", name)
	}
	if path := "/" + filepath.ToSlash(filepath.Clean(name)); path != "/." && strings.Contains(path, "/.") {
		return "", fmt.Errorf("%q is no name of a run: no list looks for runs in a hidden folder", name)
	}
	return filepath.Join(s.root, name), nil
}

// Name is the name of one of the store's runs.
func (s Store) Name(r *Run) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	name, err := filepath.Rel(s.root, r.Dir)
	return filepath.ToSlash(name), err
}

// Open opens the run of a name for reading. The error of one that is not there wraps ErrNotFound.
func (s Store) Open(name string) (*Run, error) {
	dir, err := s.Path(name)
	if err != nil {
		return nil, err
	}
	return s.open(dir)
}

func (s Store) open(dir string) (*Run, error) {
	r := &Run{Dir: dir, Published: s.published}
	return r, r.read()
}

// List opens every run, in the order of their paths. The store may be a symbolic link. A folder that does not exist holds none. Runs and folders that cannot be read are left out and reported by the error. Hidden folders are not looked into.
func (s Store) List() ([]*Run, error) {
	if s.err != nil {
		return nil, s.err
	}
	var runs []*Run
	var unreadable []error
	err := disk.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			unreadable = append(unreadable, err)
			return nil
		}
		if !d.IsDir() {
			return nil
		}
		if _, hidden := text.Hidden(d.Name()); hidden {
			unreadable = append(unreadable, fmt.Errorf("%q has a character in its name that a terminal would obey and not show; rename it", path))
			return fs.SkipDir
		}
		if path != s.root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		switch r, err := s.open(path); {
		case err == nil:
			runs = append(runs, r)
		case !errors.Is(err, ErrNotFound):
			unreadable = append(unreadable, err)
		}
		return nil
	})
	return runs, errors.Join(append(unreadable, err)...)
}
