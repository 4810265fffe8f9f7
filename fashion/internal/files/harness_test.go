package files_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/internal/files"
	"fashionlab/fashion/run"
)

// everyVariable makes the tests take every cut and every fault of a training and a search, in about half an hour. Otherwise they take some.
const everyVariable = "FASHIONLAB_TEST_EVERY_FAULT"

// work is what is recorded, cut off and made to fail.
type work struct {
	name      string
	do        func(r *recording) error // resumes where the files are
	published bool                     // it publishes in the folder, and does not need the runs that are published
	valid     func(root string) error  // what holds in every state
}

// begin makes a new folder that of the work's runs.
func (w work) begin(t *testing.T) (root string) {
	t.Helper()
	root, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.RootVariable, filepath.Join(root, "runs"))
	if w.published {
		t.Setenv(run.PublishedVariable, filepath.Join(root, "published"))
	}
	return root
}

// undisturbed is a recording of the work and its results.
func (w work) undisturbed(t *testing.T) (*recording, map[string]string) {
	t.Helper()
	root := w.begin(t)
	r := record(t, root, func(r *recording) {
		if err := w.do(r); err != nil {
			t.Fatal(err)
		}
	})
	found, err := results(root)
	if err != nil {
		t.Fatal(err)
	}
	if temporaries(t, root) != "" {
		t.Errorf("left behind: %s", temporaries(t, root))
	}
	return r, found
}

// resume does the work in a folder again and compares the results.
func (w work) resume(t *testing.T, root string, want map[string]string) error {
	t.Helper()
	defer files.Intercept(unsynced)()
	if err := w.do(new(recording)); err != nil {
		return fmt.Errorf("it does not resume: %w", err)
	}
	got, err := results(root)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			return fmt.Errorf("%s is another:\n%.600s\nwant\n%.600s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("there are %d results, want %d", len(got), len(want))
	}
	if left := temporaries(t, root); left != "" {
		return fmt.Errorf("left behind: %s", left)
	}
	return nil
}

// temporaries are the temporary files and folders in a folder.
func temporaries(t *testing.T, root string) string {
	t.Helper()
	var left []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), ".") {
			left = append(left, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Join(left, " ")
}

// some is how many are taken in the short form, and in the long one. 0 are all.
type some struct{ short, long int }

// of takes so many of n, at equal distances.
func (s some) of(n int) (list []int) {
	most := s.short
	if os.Getenv(everyVariable) != "" {
		most = s.long
	}
	if most == 0 || most > n {
		most = n
	}
	for i := range most {
		list = append(list, i*n/most)
	}
	return list
}
