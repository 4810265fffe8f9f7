package review_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/demo/review"
)

// write writes a file and the folders around it.
func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// read is the content of a file.
func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// contents are those of all files in a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range append(written(t, dir), "review.json") {
		found[name] = read(t, filepath.Join(dir, name))
	}
	return found
}

// refused fails unless an error has each of the texts.
func refused(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, text := range want {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want one with %q", err, text)
		}
	}
}

func choose(t *testing.T, r *review.Review, picture int, choice string) {
	t.Helper()
	if err := r.Choose(picture, choice); err != nil {
		t.Fatal(err)
	}
}

func TestAReviewOfAnotherFolderIsRefused(t *testing.T) {
	monday, files := predicted(t, 3)
	r, out := begin(t, monday, files)
	choose(t, r, 0, "mug")
	before := contents(t, out)
	tuesday, others := predicted(t, 3)
	_, err := review.New(kinds, others, tuesday, out)
	refused(t, err, monday, tuesday, "name another folder with -out", "were moved")
	if !maps.Equal(contents(t, out), before) {
		t.Error("the refused review changed the other's files")
	}
}

func TestAFolderIsTheSameByEachOfItsPaths(t *testing.T) {
	dir, files := predicted(t, 3)
	r, out := begin(t, dir, files)
	choose(t, r, 0, "mug")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	t.Chdir(filepath.Dir(dir))
	for _, path := range []string{link, filepath.Base(dir)} {
		there := slices.Clone(files)
		for i := range there {
			there[i].Path = path + strings.TrimPrefix(there[i].Path, dir)
		}
		if _, err := review.New(kinds, there, path, out); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for i := range files {
		files[i].Path = link + strings.TrimPrefix(files[i].Path, dir)
	}
	_, err := review.New(kinds, files, link, filepath.Join(dir, "labels"))
	refused(t, err, "neither in the other nor around it")
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	moved, others := predicted(t, 3)
	_, err = review.New(kinds, others, moved, out)
	refused(t, err, "were moved")
	write(t, filepath.Join(out, "review.json"), strings.Replace(read(t, filepath.Join(out, "review.json")), dir, moved, 1))
	if _, err := review.New(kinds, others, moved, out); err != nil {
		t.Errorf("the folder is corrected as the error says, and %v", err)
	}
}

func TestAReviewThatDoesNotNameItsFolderIsContinuedAndThenNamesIt(t *testing.T) {
	dir, files := predicted(t, 3)
	r, out := begin(t, dir, files)
	choose(t, r, 0, "mug")
	choose(t, r, 1, review.Skipped)
	file := filepath.Join(out, "review.json")
	const before = `{"more/00.png": "mug", "more/01.png": "skip"}`
	write(t, file, before)
	r, err := review.New(kinds, files, dir, out)
	if err != nil {
		t.Fatal(err)
	}
	var saved struct {
		Folder  string
		Choices map[string]string
	}
	if err := json.Unmarshal([]byte(read(t, file)), &saved); err != nil || saved.Folder == "" || saved.Choices["more/00.png"] != "mug" || saved.Choices["more/01.png"] != review.Skipped {
		t.Errorf("it is saved as %+v (%v)", saved, err)
	}
	choose(t, r, 0, review.Open)
	if got := written(t, out); len(got) != 0 {
		t.Errorf("after its label was taken back there are %q", got)
	}
	write(t, file, before)
	write(t, filepath.Join(out, "mug", "more", "00.png"), "Monday's picture")
	_, err = review.New(kinds, files, dir, out)
	refused(t, err, "is no copy of more/00.png", "another folder")
	if read(t, file) != before {
		t.Error("the refused review is changed")
	}
}

func TestAFolderWithFilesOfNoReviewIsRefused(t *testing.T) {
	dir, files := predicted(t, 3)
	shells := t.TempDir()
	picture := filepath.Join(shells, "mug", "more", "00.png")
	write(t, picture, "a training picture")
	_, err := review.New(kinds, files, dir, shells)
	refused(t, err, picture, "no review.json", "new or empty folder")
	if entries, err := os.ReadDir(shells); err != nil || len(entries) != 1 || read(t, picture) != "a training picture" {
		t.Errorf("it has %v now (%v)", entries, err)
	}
	empty := t.TempDir()
	write(t, filepath.Join(empty, ".hidden"), "")
	if err := os.Mkdir(filepath.Join(empty, "mug"), 0o777); err != nil {
		t.Fatal(err)
	}
	numbered := []string{"mug", "cup and saucer", "T-shirt/top"}
	for range 2 { // the second continues a review without a choice, whose folder has classes.txt
		if _, err := review.New(numbered, files, dir, empty); err != nil {
			t.Error(err)
		}
	}
}

func TestAReviewIsContinuedByAModelOfTheSameClassesInTheSameOrder(t *testing.T) {
	dir, files := predicted(t, 3)
	out := t.TempDir()
	numbered := []string{"mug", "cup and saucer", "T-shirt/top"}
	r, err := review.New(numbered, files, dir, out)
	if err != nil {
		t.Fatal(err)
	}
	choose(t, r, 0, "mug")
	choose(t, r, 1, "T-shirt/top")
	choose(t, r, 1, review.Open)
	if got := written(t, out); !slices.Equal(got, []string{"0/more/00.png"}) {
		t.Errorf("there are %q", got)
	}
	for _, class := range []string{"1", "2"} {
		if _, err := os.Stat(filepath.Join(out, class)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("class %s has no pictures, and a folder (%v)", class, err)
		}
	}
	names := read(t, filepath.Join(out, "classes.txt"))
	_, err = review.New([]string{"cup and saucer", "mug", "T-shirt/top"}, files, dir, out)
	refused(t, err, "review.json", "-out")
	if got := read(t, filepath.Join(out, "classes.txt")); got != names {
		t.Errorf("the names are %q now, and were %q", got, names)
	}
}

func TestOnlyWhatTheReviewCopiedIsReplacedOrRemoved(t *testing.T) {
	dir, files := predicted(t, 3)
	r, out := begin(t, dir, files)
	mug, key := filepath.Join(out, "mug", "more", "00.png"), filepath.Join(out, "key", "more", "00.png")
	write(t, mug, "another picture")
	refused(t, r.Choose(0, "mug"), mug, "move it away")
	choose(t, r, 0, "key")
	if got := read(t, mug); got != "another picture" {
		t.Errorf("%s has %q now", mug, got)
	}
	picture := read(t, files[0].Path)
	write(t, mug, picture) // equal, but not from the review
	choose(t, r, 0, "mug")
	choose(t, r, 0, review.Open)
	if got := written(t, out); !slices.Equal(got, []string{"mug/more/00.png"}) {
		t.Errorf("there are %q", got)
	}
	choose(t, r, 0, "key")
	write(t, key, "cropped by hand")
	refused(t, r.Choose(0, review.Open), key, "was changed")
	if got := read(t, key); got != "cropped by hand" {
		t.Errorf("%s has %q now", key, got)
	}
}

func TestALabelIsTakenBackThoughItsPictureIsGone(t *testing.T) {
	dir, files := predicted(t, 3)
	r, out := begin(t, dir, files)
	choose(t, r, 0, "mug")
	if err := os.Remove(files[0].Path); err != nil {
		t.Fatal(err)
	}
	choose(t, r, 0, review.Skipped)
	if got := written(t, out); len(got) != 0 {
		t.Errorf("there are %q", got)
	}
}

// A process that is killed leaves a copy and the note of it, but not the choice.
func TestACopyWithoutItsChoiceIsRemovedByTheNextChoice(t *testing.T) {
	dir, files := predicted(t, 3)
	r, out := begin(t, dir, files)
	choose(t, r, 0, "mug")
	file := filepath.Join(out, "review.json")
	var saved map[string]any
	if err := json.Unmarshal([]byte(read(t, file)), &saved); err != nil {
		t.Fatal(err)
	}
	saved["choices"] = nil
	data, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(data))
	if r, err = review.New(kinds, files, dir, out); err != nil {
		t.Fatal(err)
	}
	choose(t, r, 0, "key")
	if got := written(t, out); !slices.Equal(got, []string{"key/more/00.png"}) {
		t.Errorf("there are %q", got)
	}
}
