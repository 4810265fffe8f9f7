// Package dataset keeps data sets of one's own: IDX files like Fashion-MNIST's, and pictures that were brought to one shape. A recipe names one by its digest, which is that of the decoded
// images and labels, so that runs of different images are never mixed. A prepared copy, checked by the digest whenever it is read, is kept in the project's private folder: what becomes of the
// files that it was read from changes no training. It needs the standard library only.
package dataset

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/recipes"
)

// DataSet is a data set with its test split.
type DataSet struct {
	Name        string      // of the folder that it was read from; "" if it was from none
	Train, Test fashion.Set // both with the classes
	Fit         string      // how pictures were brought to the images' shape, see package pictures; "" for images that had it
}

// fewest is how many training images a class must have, so that a fifth of them can be held out for validation.
const fewest = 3

// FewestToDivide is how many images a class must have where test images are set aside from them, see Divide.
const FewestToDivide = fewest + 1

// Check reports what no training could use. From is where the data set comes from, for the error.
func (d DataSet) Check(from string) error {
	classes := d.Train.Classes
	if n := len(classes); n < 2 || n > fashion.MaxClasses {
		return fmt.Errorf("%s: it has %d classes, want 2 to %d", from, n, fashion.MaxClasses)
	}
	seen := map[string]bool{}
	for i, name := range classes {
		if _, hidden := text.Hidden(name); hidden || strings.TrimSpace(name) == "" {
			return fmt.Errorf("%s: the name of class %d is %q, want one that can be read", from, i, name)
		}
		if seen[name] {
			return fmt.Errorf("%s: two classes are named %q; name them differently", from, name)
		}
		seen[name] = true
	}
	for _, s := range []fashion.Set{d.Train, d.Test} {
		if len(s.Labels) != s.Len() {
			return fmt.Errorf("%s: there are %d labels for %d images, want one for each", from, len(s.Labels), s.Len())
		}
		for i, l := range s.Labels {
			if int(l) >= len(classes) {
				return fmt.Errorf("%s: label %d is %d, want 0 to %d for %d classes; add the names of the others, or correct the label", from, i, l, len(classes)-1, len(classes))
			}
		}
	}
	for class, n := range d.Train.CountByClass() {
		if n < fewest {
			return fmt.Errorf("%s: the class %q, number %d, has %d training images, want %d or more; add images, or leave the class out and number the others from 0 without a gap", from, classes[class], class, n, fewest)
		}
	}
	if err := d.Train.Shape.Check(); err != nil || d.Test.Shape != d.Train.Shape {
		return errors.Join(fmt.Errorf("%s: for training there are %v, for testing %v", from, d.Train.Shape, d.Test.Shape), err)
	}
	if d.Test.Len() == 0 {
		return fmt.Errorf("%s: there are no test images", from)
	}
	for what, s := range map[string]fashion.Set{"training": d.Train, "test": d.Test} {
		s.Classes = classes
		if err := s.Check(); err != nil {
			return fmt.Errorf("%s: %s images: %w", from, what, err)
		}
	}
	return nil
}

// testFraction of the images are set aside for testing where there is no test split: as many as of Fashion-MNIST's 70,000.
const testFraction = 1.0 / 7

// Divide sets test images aside, stratified by class: the same on every machine.
func Divide(all fashion.Set) (train, test fashion.Set, err error) {
	for class, n := range all.CountByClass() {
		if n < FewestToDivide {
			return train, test, fmt.Errorf("the class %q has %d images, want %d or more to set some aside for testing; add images, or a test split", all.Classes.Name(fashion.Label(class)), n, FewestToDivide)
		}
	}
	t, v, err := fashion.Split(all.Labels, testFraction, 0, 1)
	return all.Take(t), all.Take(v), err
}

// digest is the sha256 of a set's images, with their shape where it is not Fashion-MNIST's, and labels.
func digest(s fashion.Set) string {
	h := sha256.New()
	var head []byte
	head = binary.LittleEndian.AppendUint64(head, uint64(s.Len()))
	for _, l := range s.Labels {
		head = binary.LittleEndian.AppendUint16(head, uint16(l))
	}
	if s.Shape != (fashion.Shape{}) {
		for _, n := range s.Shape.Dimensions() {
			head = binary.LittleEndian.AppendUint16(head, uint16(n))
		}
	}
	h.Write(head) // a hash never fails
	for i := range s.Len() {
		h.Write(s.At(i))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// about is what is kept beside the images.
type about struct {
	Name        string          `json:"name,omitempty"`
	Classes     fashion.Classes `json:"classes"`
	Fit         string          `json:"fit,omitempty"`
	Shape       fashion.Shape   `json:"shape,omitzero"`
	Train       string          `json:"train"` // digests
	Test        string          `json:"test"`
	TrainImages int             `json:"train_images"`
}

// name is the digest of the whole data set.
func (a about) name() string { return manifest.Digest([]byte(a.Train + "\n" + a.Test + "\n")) }

const (
	aboutFile   = "about.json"
	trainImages = "train-images.idx"
	trainLabels = "train-labels.idx"
	testImages  = "test-images.idx"
	testLabels  = "test-labels.idx"
)

// Source is a data set that is kept.
type Source struct {
	Digest string
	about
	dir string
}

// folder is where a data set is kept.
func folder(digest string) (string, error) {
	if b, err := hex.DecodeString(digest); err != nil || len(b) != sha256.Size {
		return "", fmt.Errorf("the recipe's data.set is %q, want the digest of a data set, 64 hexadecimal digits", digest)
	}
	home, err := fashion.Home()
	return filepath.Join(home, "datasets", digest), err
}

// Keep stores a data set that passes Check. Where the same images and labels are stored already, only the names of the data set and of its classes, and Fit, change.
func Keep(d DataSet) (Source, error) {
	if err := d.Check(cmp.Or(text.Shown(d.Name), "the data set")); err != nil {
		return Source{}, err
	}
	a := about{text.Shown(d.Name), d.Train.Classes, d.Fit, d.Train.Shape, digest(d.Train), digest(d.Test), d.Train.Len()}
	dir, err := folder(a.name())
	if err != nil {
		return Source{}, err
	}
	names, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return Source{}, err
	}
	for {
		if kept, err := Open(a.name()); err == nil && kept.intact() { // a training may be reading it
			if reflect.DeepEqual(kept.about, a) {
				return kept, nil
			}
			return Source{a.name(), a, dir}, disk.Replace(filepath.Join(dir, aboutFile), names)
		}
		contents := map[string][]byte{aboutFile: names}
		contents[trainImages], contents[trainLabels] = d.Train.EncodeIDX()
		contents[testImages], contents[testLabels] = d.Test.EncodeIDX()
		if err := disk.MkdirAll(filepath.Dir(dir)); err != nil {
			return Source{}, err
		}
		err := disk.ReplaceFolder(dir, contents, []string{aboutFile, trainImages, trainLabels, testImages, testLabels})
		if another := (*disk.LockedError)(nil); !errors.As(err, &another) {
			return Source{a.name(), a, dir}, err
		}
		time.Sleep(100 * time.Millisecond) // another process keeps the same
	}
}

// intact reports whether all images and labels are those of the digest.
func (s Source) intact() bool {
	_, err := s.Train()
	if err == nil {
		_, err = s.Test()
	}
	return err == nil
}

// maxAbout is how many bytes the names may take.
const maxAbout = 1 << 20

// Open finds the data set of a digest.
func Open(digest string) (Source, error) {
	dir, err := folder(digest)
	if err != nil {
		return Source{}, err
	}
	s := Source{Digest: digest, dir: dir}
	path := filepath.Join(dir, aboutFile)
	data, err := disk.ReadFile(path, maxAbout)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("the data set %s is not kept on this machine (no %s); read it from its folder again, with train -data DIR: %w", digest, path, err)
	}
	if err == nil {
		err = json.Unmarshal(data, &s.about)
	}
	if found, hidden := text.Hidden(s.about); err == nil && (hidden || s.name() != digest || s.Shape.Check() != nil || len(s.Classes) < 2 || len(s.Classes) > fashion.MaxClasses) {
		err = fmt.Errorf("it is not of this data set (%q)", found)
	}
	if err != nil {
		return s, s.corrupt(path, err)
	}
	return s, nil
}

// corrupt is the error of a file that is kept.
func (s Source) corrupt(path string, err error) error {
	return fmt.Errorf("%s is corrupt: %w; remove %s and read the data set from its folder again, with train -data DIR", path, err, s.dir)
}

// Train reads the training images.
func (s Source) Train() (fashion.Set, error) { return s.read(trainImages, trainLabels, s.about.Train) }

// Test reads the test images. Only an evaluation may see them, see infer.Test.
func (s Source) Test() (fashion.Set, error) { return s.read(testImages, testLabels, s.about.Test) }

func (s Source) read(images, labels, want string) (fashion.Set, error) {
	path := filepath.Join(s.dir, images)
	set, err := fashion.ReadIDX(path, filepath.Join(s.dir, labels), s.Shape)
	if got := digest(set); err == nil && got != want {
		err = fmt.Errorf("the digest of its images and labels is %s, want %s", got, want)
	}
	if err != nil {
		return fashion.Set{}, s.corrupt(path, err)
	}
	set.Classes = s.Classes
	return set, nil
}

// For returns a recipe of the study as one for the data set: for images of its shape, with a head of its classes, and with all of its images where the recipe is limited to more.
func (s Source) For(r recipes.Recipe) recipes.Recipe {
	r.Data.Set, r.Data.Size, r.Model.Shape, r.Model.Classes = s.Digest, s.TrainImages, s.Shape, len(s.Classes)
	if r.Data.Limit >= s.TrainImages {
		r.Data.Limit = 0
	}
	return r
}

// Train reads the training images of a recipe: Fashion-MNIST's, or those of its data set.
func Train(d recipes.Data) (fashion.Set, error) {
	if d.Set == "" {
		return fromFashionMNIST(fashion.LoadTrain)
	}
	s, err := Open(d.Set)
	if err != nil {
		return fashion.Set{}, err
	}
	return s.Train()
}

// Test reads the test images of a recipe, see Source.Test.
func Test(d recipes.Data) (fashion.Set, error) {
	if d.Set == "" {
		return fromFashionMNIST(fashion.LoadTest)
	}
	s, err := Open(d.Set)
	if err != nil {
		return fashion.Set{}, err
	}
	return s.Test()
}

func fromFashionMNIST(load func(dir string) (fashion.Set, error)) (fashion.Set, error) {
	dir, err := fashion.FindDir()
	if err != nil {
		return fashion.Set{}, err
	}
	return load(dir)
}
