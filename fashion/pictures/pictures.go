// Package pictures reads a data set of one's own from a folder of pictures with a subfolder for each class, the layout of torchvision's ImageFolder, with or without folders of splits around them.
package pictures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
)

// Read reads the data set of a folder as images of 28x28 grey pixels, see Preparation.Read.
func Read(ctx context.Context, dir, fit string) (dataset.DataSet, Report, error) {
	return Preparation{Fit: fit}.Read(ctx, dir)
}

// Read reads the data set of a folder, which is one of IDX files, see dataset.FromIDX, or of pictures. It prepares each picture and says what it found. The classes are the subfolders in the order of their names, or of their numbers if all are
// numbers; a file classes.txt, a line for each, has the folders' names in another order, or names for the numbers. The pictures are in the order of their files' names, whatever their class, so that
// images that are saved under their numbers are read in the order of those. If all subfolders are named like splits, their subfolders are the classes: train or training; test or testing; val, valid or
// validation; capitals do not count. The pictures of a validation split are training images if there is a test split too, else test images. Without either a seventh of each class is set aside for
// testing. Splits beside other folders are an error. Files that are no pictures, or cannot be used, are left out and reported.
func (p Preparation) Read(ctx context.Context, dir string) (dataset.DataSet, Report, error) {
	d, report := dataset.DataSet{Fit: cmp.Or(p.Fit, Photo)}, Report{dir: dir, Sizes: map[image.Point]int{}, files: map[string][]file{}}
	if err := p.Check(); err != nil {
		return d, report, err
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return d, report, err
	}
	if dataset.IsIDX(dir) {
		if p.Shape != (fashion.Shape{}) {
			return d, report, fmt.Errorf("%s has IDX files, which have %v; leave out -side and -color", dir, fashion.Shape{})
		}
		d, err := dataset.FromIDX(dir)
		d.Name = filepath.Base(full)
		if err == nil {
			side := image.Pt(fashion.Side, fashion.Side)
			report.Pictures, report.Smallest, report.Largest = d.Train.Len()+d.Test.Len(), side, side
			report.Sizes[side] = report.Pictures
			err = report.compare(ctx, d)
		}
		return d, report, err
	}
	d.Name = filepath.Base(full)
	train, test, err := splits(dir)
	if err != nil {
		return d, report, err
	}
	if len(train) > 1 {
		report.Validation = train[1]
	}
	folders, classes, err := classesOf(dir, train[0])
	if err != nil {
		return d, report, err
	}
	for _, other := range slices.Concat(train[1:], test) {
		if err := sameFolders(other, train[0], folders); err != nil {
			return d, report, err
		}
	}
	if d.Train, err = report.read(ctx, train, folders, p); err != nil {
		return d, report, err
	}
	if d.Test, err = report.read(ctx, test, folders, p); err != nil {
		return d, report, err
	}
	d.Train.Classes, d.Test.Classes = classes, classes
	if len(test) == 0 {
		if d.Train, d.Test, err = dataset.Divide(d.Train); err != nil {
			return d, report, fmt.Errorf("%s: %w%s", dir, err, report.advice())
		}
	}
	if err := d.Check(dir); err != nil {
		return d, report, fmt.Errorf("%w%s", err, report.advice())
	}
	return d, report, report.compare(ctx, d)
}

// Keep reads the data set of a folder as images of 28x28 grey pixels and keeps it, see Preparation.Keep.
func Keep(ctx context.Context, dir, fit string) (kept dataset.Source, found string, err error) {
	return Preparation{Fit: fit}.Keep(ctx, dir)
}

// Keep reads the data set of a folder, which is one of IDX files or of pictures, keeps it for trainings, and returns it with what was found as text. A recipe of the study learns it with
// Source.For.
func (p Preparation) Keep(ctx context.Context, dir string) (kept dataset.Source, found string, err error) {
	d, report, err := p.Read(ctx, dir)
	if err != nil {
		return kept, "", err
	}
	kept, err = dataset.Keep(d)
	return kept, report.String(), err
}

// subfolders lists the names of a folder's subfolders, hidden ones left out. A link to a folder or to nothing is an error.
func subfolders(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if e.Type()&fs.ModeSymlink != 0 {
			if info, err := os.Stat(path); err != nil || info.IsDir() {
				return nil, notFollowed(path)
			}
		}
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// classesOf lists the folders of the classes in the order of the labels, and the classes' names.
func classesOf(dir, train string) (folders []string, classes fashion.Classes, err error) {
	if folders, err = subfolders(train); err != nil {
		return nil, nil, err
	}
	if n := len(folders); n < 2 || n > fashion.MaxClasses {
		return nil, nil, fmt.Errorf("%s has %d subfolders, want one for each of 2 to %d classes", train, n, fashion.MaxClasses)
	}
	for i, a := range folders {
		if j := slices.IndexFunc(folders[:i], func(b string) bool { return strings.EqualFold(a, b) }); j >= 0 {
			return nil, nil, fmt.Errorf("%s has the classes %q and %q, which differ in capitals only; name them differently, or put their pictures together", train, folders[j], a)
		}
	}
	number := func(name string) int {
		if n, err := strconv.Atoi(name); err == nil && strconv.Itoa(n) == name && n >= 0 {
			return n
		}
		return -1
	}
	numbers := !slices.ContainsFunc(folders, func(name string) bool { return number(name) < 0 })
	if numbers {
		slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	}
	path := filepath.Join(dir, dataset.ClassesFile)
	listed, err := dataset.ReadClasses(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return folders, fashion.Classes(folders), nil
	case err != nil:
		return nil, nil, err
	case numbers && len(listed) > len(folders) && number(folders[len(folders)-1]) < len(listed):
		for _, folder := range folders { // the other classes have no pictures
			classes = append(classes, listed[number(folder)])
		}
		return folders, classes, nil
	case len(listed) != len(folders):
		return nil, nil, fmt.Errorf("%s has %d lines and %s has %d subfolders, want a line for each", path, len(listed), train, len(folders))
	case numbers:
		return folders, listed, nil
	}
	for i, name := range listed {
		if !slices.Contains(folders, name) {
			return nil, nil, fmt.Errorf("%s: line %d is %q, and %s has no subfolder of that name", path, i+1, name, train)
		}
		if slices.Contains(listed[:i], name) {
			return nil, nil, fmt.Errorf("%s: line %d is %q once more", path, i+1, name)
		}
	}
	return slices.Clone(listed), listed, nil
}

// sameFolders reports a split with a class that the training split has not.
func sameFolders(dir, train string, folders []string) error {
	names, err := subfolders(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(folders, name) {
			return fmt.Errorf("%s is a class that %s has not; add its training pictures, or remove it", filepath.Join(dir, name), train)
		}
	}
	return nil
}
