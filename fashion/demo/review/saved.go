package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/photo"
)

// choicesFile keeps the choices in out, so that a review can be continued.
const choicesFile = "review.json"

// maxChoices is how many bytes the file of choices may have.
const maxChoices = 256 << 20

// saved is the content of choicesFile.
type saved struct {
	Folder  string            `json:"folder"`  // that is reviewed: its absolute path, without symbolic links
	Classes []string          `json:"classes"` // of the model, in its order: the numbers of folders and the names beside them depend on it
	Choices map[string]string `json:"choices"` // a class or Skipped, by the picture's path in Folder
	Copies  map[string]string `json:"copies"`  // SHA-256 of each copy that the review made, by its path in out
}

// parse reads the content of choicesFile. Before it named the folder, it was the choices alone.
func parse(data []byte) (s saved, err error) {
	if err := json.Unmarshal(data, &s); err != nil {
		return s, err
	}
	if s.Folder == "" {
		s = saved{}
		err = json.Unmarshal(data, &s.Choices)
	}
	return s, err
}

// read reads an earlier review of the same folder, if there is one.
func (r *Review) read() error {
	file := filepath.Join(r.out, choicesFile)
	data, err := disk.ReadFile(file, maxChoices)
	if errors.Is(err, fs.ErrNotExist) {
		r.saved = saved{r.dir, r.Classes, map[string]string{}, map[string]string{}}
		return unused(r.out)
	}
	if err == nil {
		r.saved, err = parse(data)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w; name another folder with -out to begin again", file, err)
	}
	if r.saved.Classes == nil { // from before they were saved
		r.saved.Classes = r.Classes
	}
	if !slices.Equal(r.saved.Classes, r.Classes) {
		return fmt.Errorf("%s is the review of a model of the classes %s, not %s; name another folder with -out", file, strings.Join(r.saved.Classes, ", "), strings.Join(r.Classes, ", "))
	}
	for name, choice := range r.saved.Choices {
		if choice != Skipped && !slices.Contains(r.Classes, choice) {
			return fmt.Errorf("%s: %s is a %q, which the model does not know; it is another model's review: name another folder with -out", file, name, choice)
		}
	}
	if r.saved.Choices == nil {
		r.saved.Choices = map[string]string{}
	}
	if r.saved.Copies == nil {
		r.saved.Copies = map[string]string{}
	}
	if r.saved.Folder == "" {
		return r.adopt()
	}
	if !same(r.saved.Folder, r.dir) {
		return fmt.Errorf("%s is the review of %s, not of %s; name another folder with -out, or if the pictures were moved, write %q for the folder in that file", file, r.saved.Folder, r.dir, r.dir)
	}
	return nil
}

// unused reports a file in a folder that has no review. Hidden ones do not count.
func unused(out string) error {
	err := filepath.WalkDir(out, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch hidden := strings.HasPrefix(e.Name(), ".") && path != out; {
		case e.IsDir() && hidden:
			return fs.SkipDir
		case e.IsDir() || hidden:
			return nil
		}
		return fmt.Errorf("%s has files, such as %s, but no %s, so that they are of no review; name a new or empty folder with -out, and move its labels to the others when all are done", out, path, choicesFile)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// same reports whether two paths lead to one folder.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// adopt takes a review that does not name its folder for one of this folder, unless a copy differs from the picture here.
func (r *Review) adopt() error {
	r.saved.Folder = r.dir
	for _, it := range r.items {
		class := slices.Index(r.Classes, r.saved.Choices[it.name])
		if class < 0 {
			continue
		}
		data, err := r.readPicture(it.name)
		if err != nil {
			return err
		}
		at := r.target(it.name, class)
		there, err := r.readCopy(at)
		if err != nil {
			return err
		}
		if there == nil {
			continue
		}
		if !bytes.Equal(there, data) {
			return fmt.Errorf("%s is no copy of %s: the review in %s is of another folder, or one of the two was changed; name another folder with -out, or move that copy away", r.inOut(at), it.name, r.out)
		}
		r.saved.Copies[at] = manifest.Digest(data)
	}
	return nil
}

// save writes the choices.
func (r *Review) save() error {
	data, err := json.MarshalIndent(r.saved, "", " ")
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(r.out, choicesFile), data)
}

// target is where a picture of a class is copied to: a path in out, with slashes.
func (r *Review) target(name string, class int) string { return path.Join(r.folders[class], name) }

// inOut is the path of a file in out.
func (r *Review) inOut(at string) string { return filepath.Join(r.out, filepath.FromSlash(at)) }

// readPicture reads the file of a picture that is reviewed.
func (r *Review) readPicture(name string) ([]byte, error) {
	return disk.ReadFile(filepath.Join(r.dir, filepath.FromSlash(name)), photo.DefaultLimits().Bytes)
}

// readCopy reads a file in out; nil if it is not there.
func (r *Review) readCopy(at string) ([]byte, error) {
	data, err := disk.ReadFile(r.inOut(at), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// copy copies a picture into the folder of a class, unless an equal file is there. It is an error if another is there. The copy is noted before it is made, so that a killed process leaves none that
// is not.
func (r *Review) copy(name string, class int) error {
	data, err := r.readPicture(name)
	if err != nil {
		return err
	}
	at := r.target(name, class)
	there, err := r.readCopy(at)
	if err != nil {
		return err
	}
	if there != nil && !bytes.Equal(there, data) {
		return fmt.Errorf("%s is there already and is no copy of %s as it is now; move it away and choose again", r.inOut(at), name)
	}
	if there != nil {
		return nil
	}
	r.saved.Copies[at] = manifest.Digest(data)
	if err := r.save(); err != nil {
		return err
	}
	return disk.WriteFile(r.inOut(at), data)
}

// removeEmpty removes a folder in out, and those around it, if nothing is left in them: a data set has a class for each folder.
func (r *Review) removeEmpty(folder string) error {
	for ; folder != "."; folder = path.Dir(folder) {
		entries, err := os.ReadDir(r.inOut(folder))
		if err != nil || len(entries) > 0 {
			return err
		}
		if err := disk.Remove(r.inOut(folder)); err != nil {
			return err
		}
	}
	return nil
}

// removeCopy removes the copy that the review made of a picture for a class, if it made one.
func (r *Review) removeCopy(name string, class int) error {
	at := r.target(name, class)
	made, ours := r.saved.Copies[at]
	if !ours {
		return nil
	}
	there, err := r.readCopy(at)
	if err != nil {
		return err
	}
	if there != nil && manifest.Digest(there) != made {
		return fmt.Errorf("%s was changed since the review copied it there; move it away and choose again", r.inOut(at))
	}
	if err := disk.Remove(r.inOut(at)); err != nil {
		return err
	}
	if err := r.removeEmpty(path.Dir(at)); err != nil {
		return err
	}
	delete(r.saved.Copies, at)
	return nil
}
