package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
)

// ClassesFile is the name of a text file in a data set's folder with the names of its classes, a line for each, in the order of the labels.
const ClassesFile = "classes.txt"

// IsIDX reports whether a folder has IDX files.
func IsIDX(dir string) bool {
	found, err := fashion.Glob(dir, "*[.\\-]idx[13]-ubyte*")
	return err == nil && len(found) > 0
}

// FromIDX reads a folder of four IDX files, compressed with gzip or not, as those of MNIST, KMNIST, EMNIST and Fashion-MNIST are: of 28x28 images and of labels, for training and for testing. EMNIST's images are transposed
// in its files, whose names begin with emnist-, and become upright. The names of the classes are in a ClassesFile, or a mapping.txt of EMNIST; without one the classes are named by their numbers, those of Fashion-MNIST by their names.
func FromIDX(dir string) (d DataSet, err error) {
	if d.Train, err = readIDX(dir, "train"); err != nil {
		return d, err
	}
	if d.Test, err = readIDX(dir, "t10k", "test"); err != nil {
		return d, err
	}
	classes, from, err := readClasses(dir)
	if err != nil {
		return d, err
	}
	if classes == nil {
		from, classes = dir, numbered(d.Train, d.Test)
		if fashion.Verify(dir) == nil {
			for l := range classes {
				classes[l] = fashion.Label(l).String()
			}
		}
	}
	d.Train.Classes, d.Test.Classes = classes, classes
	return d, d.Check(from)
}

// readIDX reads the two files of a split, which has one of some names.
func readIDX(dir string, split ...string) (fashion.Set, error) {
	images, err := oneFile(dir, "images-idx3-ubyte", split)
	if err != nil {
		return fashion.Set{}, err
	}
	labels, err := oneFile(dir, "labels-idx1-ubyte", split)
	if err != nil {
		return fashion.Set{}, err
	}
	s, err := fashion.ReadIDX(images, labels, fashion.Shape{})
	if strings.HasPrefix(filepath.Base(images), "emnist-") {
		for i, img := range s.Images {
			s.Images[i] = transposed(img)
		}
	}
	return s, err
}

// transposed has an image's rows as its columns.
func transposed(img fashion.Image) (t fashion.Image) {
	for i, grey := range img {
		t[i%fashion.Side*fashion.Side+i/fashion.Side] = grey
	}
	return t
}

// oneFile finds the one file of a split and a kind. Where it is there both compressed and not, it takes the latter.
func oneFile(dir, kind string, split []string) (string, error) {
	var found []string
	for _, s := range split {
		for _, pattern := range []string{"*%s-%s", "*%s-%s.gz"} {
			list, err := fashion.Glob(dir, fmt.Sprintf(pattern, s, strings.Replace(kind, "-idx", "[.\\-]idx", 1))) // some copies have a dot there
			if err != nil {
				return "", err
			}
			found = append(found, list...)
		}
	}
	if len(found) == 2 && found[0]+".gz" == found[1] {
		found = found[:1]
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%s has no %s-%s, with .gz or without; add it: %w", dir, split[0], kind, fs.ErrNotExist)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s has %s; leave the files of one data set there", dir, strings.Join(found, " and "))
}

// readClasses reads the names of the classes, nil if there is no file of them.
func readClasses(dir string) (classes fashion.Classes, path string, err error) {
	path = filepath.Join(dir, ClassesFile)
	if classes, err = ReadClasses(path); !errors.Is(err, fs.ErrNotExist) {
		return classes, path, err
	}
	mappings, err := fashion.Glob(dir, "*mapping.txt")
	if err != nil || len(mappings) != 1 {
		return nil, "", err
	}
	data, err := disk.ReadFile(mappings[0], maxAbout)
	if err == nil {
		classes, err = parseMapping(string(data))
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", mappings[0], err)
	}
	return classes, mappings[0], nil
}

// ReadClasses reads the names of classes from a text file, a line for each.
func ReadClasses(path string) (classes fashion.Classes, err error) {
	data, err := disk.ReadFile(path, maxAbout)
	for line := range strings.Lines(strings.TrimSpace(string(data))) {
		classes = append(classes, strings.TrimSpace(line))
	}
	return classes, err
}

// parseMapping reads lines of a label and the code of a character, as EMNIST has them.
func parseMapping(data string) (classes fashion.Classes, err error) {
	number := 0
	for line := range strings.Lines(data) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		code := 0
		if len(fields) >= 2 && fields[0] == strconv.Itoa(number) {
			code, _ = strconv.Atoi(fields[1])
		}
		if code <= ' ' || code > 0x10ffff {
			return nil, fmt.Errorf("line %d is %q, want the label %d and the code of a character", number+1, strings.TrimSpace(line), number)
		}
		classes = append(classes, string(rune(code)))
		number++
	}
	return classes, nil
}

// numbered names as many classes as there are labels by their numbers.
func numbered(sets ...fashion.Set) (classes fashion.Classes) {
	most := fashion.Label(0)
	for _, s := range sets {
		for _, l := range s.Labels {
			most = max(most, l)
		}
	}
	for l := range int(most) + 1 {
		classes = append(classes, strconv.Itoa(l))
	}
	return classes
}
