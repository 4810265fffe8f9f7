package files_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/files"
)

// found are the contents, or "none", that power cuts leave of a file, from a number of operations on.
func found(t *testing.T, r *recording, name string, from int) string {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range r.cuts(t) {
		if s.cut < from {
			continue
		}
		if content, there := s.files[name]; there {
			seen[strings.ReplaceAll(string(content), "\x00", "0")] = true
		} else {
			seen["none"] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ",")
}

func TestReplacedFileIsOldOrNewAndNewOnceThatIsAnnounced(t *testing.T) {
	root := t.TempDir()
	r := record(t, root, func(r *recording) {
		for _, content := range []string{"old.", "new."} {
			if err := disk.WriteFile(filepath.Join(root, "a", "file"), []byte(content)); err != nil {
				t.Fatal(err)
			}
			r.promise(content, nil)
		}
	})
	for i, want := range []string{"new.,none,old.", "new.,old.", "new."} {
		from := 0
		if i > 0 {
			from = r.promises[i-1].after
		}
		if got := found(t, r, "a/file", from); got != want {
			t.Errorf("after %d operations power cuts leave %s, want %s", from, got, want)
		}
	}
	if got, want := found(t, r.without(files.Syncing, "file"), "a/file", 0), ",0000,ne,new.,none,ol,old."; got != want {
		t.Errorf("without a sync power cuts leave %s, want %s", got, want)
	}
}

// Whatever a power cut leaves of a folder that is replaced, the next attempt makes the new one and keeps what is not ours.
func TestReplacedFolderIsCompleteAndKeepsWhatIsNotOurs(t *testing.T) {
	replace := func(root, content string) error {
		contents := map[string][]byte{"x": []byte(content), "sub/y": []byte(content)}
		return disk.ReplaceFolder(filepath.Join(root, "folder"), contents, []string{"x", "sub"})
	}
	root := t.TempDir()
	r := record(t, root, func(r *recording) {
		if err := errors.Join(replace(root, "old"), disk.WriteFile(filepath.Join(root, "folder", "theirs"), []byte("theirs"))); err != nil {
			t.Fatal(err)
		}
		r.promise("their file", func(root string) error {
			for _, folder := range []string{"folder", ".folder.old"} {
				if data, err := os.ReadFile(filepath.Join(root, folder, "theirs")); err == nil && string(data) == "theirs" {
					return nil
				}
			}
			return errors.New("it is nowhere")
		})
		if err := replace(root, "new"); err != nil {
			t.Fatal(err)
		}
		r.promise("the new folder", func(root string) error {
			data, err := os.ReadFile(filepath.Join(root, "folder", "x"))
			if string(data) != "new" {
				return errors.Join(errors.New("it is not there"), err)
			}
			return nil
		})
	})
	states := r.cuts(t)
	for _, s := range states {
		root := t.TempDir()
		s.write(t, root)
		err := work{valid: func(root string) error {
			x, err := os.ReadFile(filepath.Join(root, "folder", "x"))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			y, err2 := os.ReadFile(filepath.Join(root, "folder", "sub", "y"))
			if err := errors.Join(err, err2); err != nil || string(x) != string(y) {
				return errors.Join(errors.New("the folder is half"), err)
			}
			return nil
		}}.check(r, s, root)
		if err == nil {
			err = replace(root, "new")
		}
		if err == nil && s.cut >= r.promises[0].after {
			err = errors.Join(r.promises[0].kept(root), r.promises[1].kept(root))
		}
		if left := temporaries(t, root); err == nil && strings.Contains(left, "/.folder") {
			err = errors.New("left behind: " + left)
		}
		if err != nil {
			t.Errorf("after %d operations, the last of which was to %s, with %s: %v", s.cut, r.last(s.cut), s.variant, err)
		}
	}
	t.Logf("%d operations, %d states", len(r.operations), len(states))
}
