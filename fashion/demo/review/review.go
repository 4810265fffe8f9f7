// Package review lets a person correct a model's labels of a folder of pictures, by keyboard on a page of the demo, the least certain first, and writes them as a folder to train on.
package review

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/pictures"
)

// The choices beside a class.
const (
	Open    = "" // nothing is chosen yet, or it was taken back
	Skipped = "skip"
)

// Review is a folder of pictures with a model's predictions and a person's labels.
type Review struct {
	Classes []string
	Left    []demo.File // files that cannot be used, with the reason

	dir, out string   // absolute, without symbolic links
	folders  []string // of the classes, in out
	items    []item   // the least certain first

	mutex sync.Mutex
	saved saved // guarded by mutex
}

// item is a picture with its prediction.
type item struct {
	name       string // path in the folder, with slashes
	prediction demo.Prediction
}

// New begins the review of predictions for pictures of a folder, which it leaves as it is, in a folder out that is new or empty, or continues the review of the same folder in out. Each label puts a
// copy of its picture into a subfolder of out for the class.
func New(classes []string, predicted []demo.File, dir, out string) (*Review, error) {
	r := &Review{Classes: classes, folders: foldersOf(classes)}
	if err := r.resolve(dir, out); err != nil {
		return nil, err
	}
	for _, f := range predicted {
		name, err := filepath.Rel(dir, f.Path)
		if err != nil || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s is not in %s", f.Path, dir)
		}
		if f.Err != nil {
			r.Left = append(r.Left, f)
			continue
		}
		r.items = append(r.items, item{filepath.ToSlash(name), f.Prediction})
	}
	if len(r.items) == 0 {
		return nil, fmt.Errorf("%s has no pictures that can be used, of %d; add some", dir, len(predicted))
	}
	slices.SortStableFunc(r.items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.certainty(), b.certainty()), cmp.Compare(a.name, b.name))
	})
	if err := r.read(); err != nil {
		return nil, err
	}
	if err := r.save(); err != nil {
		return nil, err
	}
	return r, r.number()
}

// number puts the names of classes beside their folders if these are numbers, as pictures.Read wants it.
func (r *Review) number() error {
	if slices.Equal(r.folders, r.Classes) {
		return nil
	}
	return disk.WriteFile(filepath.Join(r.out, dataset.ClassesFile), []byte(strings.Join(r.Classes, "\n")+"\n"))
}

// certainty is the probability of the most probable class.
func (it item) certainty() float32 { return slices.Max(it.prediction.Probabilities) }

// resolve sets the folders. It reports those of which one holds the other, or the same one twice: what is written would be reviewed.
func (r *Review) resolve(dir, out string) (err error) {
	if r.dir, err = resolved(dir); err != nil {
		return err
	}
	if r.out, err = resolved(out); err != nil {
		return err
	}
	for _, pair := range [][2]string{{r.dir, r.out}, {r.out, r.dir}} {
		if name, err := filepath.Rel(pair[0], pair[1]); err == nil && filepath.IsLocal(name) {
			return fmt.Errorf("the pictures are in %s and the labels would be in %s; name a folder for them that is neither in the other nor around it", dir, out)
		}
	}
	return nil
}

// resolved is an absolute path without symbolic links, as far as it is there.
func resolved(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	actual, err := filepath.EvalSymlinks(path)
	if parent := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && parent != path {
		actual, err = resolved(parent)
		return filepath.Join(actual, filepath.Base(path)), err
	}
	return actual, err
}

// foldersOf are the names of the classes' folders: the classes' own if all can be folders of a data set, else their numbers.
func foldersOf(classes []string) []string {
	seen := map[string]bool{}
	for _, c := range classes {
		low := strings.ToLower(c)
		if !filepath.IsLocal(c) || strings.ContainsAny(c, `/\:*?"<>|`) || strings.HasPrefix(c, ".") || strings.TrimSpace(c) != c || seen[low] || slices.Contains([]string{"train", "test", "val"}, low) {
			return numbers(len(classes))
		}
		seen[low] = true
	}
	return classes
}

func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

// Choose labels a picture with a class, skips it, or opens it again. Its copy is where the choice says before the choice is kept.
func (r *Review) Choose(picture int, choice string) error {
	if picture < 0 || picture >= len(r.items) {
		return fmt.Errorf("picture %d of %d", picture, len(r.items))
	}
	if choice != Open && choice != Skipped && !slices.Contains(r.Classes, choice) {
		return fmt.Errorf("%q is no class", choice)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	name, class := r.items[picture].name, slices.Index(r.Classes, choice)
	if class >= 0 {
		if err := r.copy(name, class); err != nil {
			return err
		}
	}
	for other := range r.Classes {
		if other == class {
			continue
		}
		if err := r.removeCopy(name, other); err != nil {
			return err
		}
	}
	if r.saved.Choices[name] = choice; choice == Open {
		delete(r.saved.Choices, name)
	}
	return r.save()
}

// Len is how many pictures are reviewed.
func (r *Review) Len() int { return len(r.items) }

// Predict predicts the pictures of a folder, in its subfolders too. Of the steps of their preparation it keeps the last.
func Predict(e *demo.Ensemble, dir string) ([]demo.File, error) {
	paths, err := pictures.List(dir)
	if err != nil {
		return nil, err
	}
	var list []demo.File
	for some := range slices.Chunk(paths, 64) { // their pictures take memory
		files, err := e.PredictFiles(some)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if n := len(f.Prepared.Steps); n > 0 {
				f.Prepared.Steps = slices.Clone(f.Prepared.Steps[n-1:]) // only what the model reads is shown; the pictures before it take memory
			}
			list = append(list, f)
		}
	}
	return list, nil
}
