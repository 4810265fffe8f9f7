package pictures

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// splitNames are the splits by the names that their folders may have, in lower case.
var splitNames = map[string]string{
	"train": "train", "training": "train",
	"test": "test", "testing": "test",
	"val": "val", "valid": "val", "validation": "val",
}

// splits finds the folders of the training images, the first of which has all classes, and that of the test images, if there is one.
func splits(dir string) (train, test []string, err error) {
	names, err := subfolders(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("%s has no subfolders, want one for each class, with its pictures; or the IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with .gz or without", dir)
	}
	bySplit := map[string][]string{} // folders; those of "" are no splits
	for _, name := range names {
		split := splitNames[strings.ToLower(name)]
		bySplit[split] = append(bySplit[split], filepath.Join(dir, name))
	}
	if others := bySplit[""]; len(others) > 0 {
		return []string{dir}, nil, checkClasses(slices.Concat(bySplit["train"], bySplit["val"], bySplit["test"]), others)
	}
	for split, folders := range bySplit {
		if len(folders) > 1 {
			return nil, nil, fmt.Errorf("%s are folders of one split, %s, want one; put their pictures together", strings.Join(folders, " and "), split)
		}
	}
	train, validation, test := bySplit["train"], bySplit["val"], bySplit["test"]
	switch {
	case len(train) == 0:
		return nil, nil, fmt.Errorf("%s has folders of splits, %s, and none of training images; add the folder train", dir, strings.Join(names, ", "))
	case len(test) == 0:
		return train, validation, nil
	}
	return slices.Concat(train, validation), test, nil
}

// checkClasses reports folders named like splits that have subfolders, as splits have, beside others, which are no splits.
func checkClasses(namedLikeSplits, others []string) error {
	var found []string
	for _, dir := range namedLikeSplits {
		names, err := subfolders(dir)
		if err != nil {
			return err
		}
		if len(names) > 0 {
			found = append(found, dir)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("found the splits %s beside %s, want splits only, or classes only; move the folders that are no splits elsewhere, or, if all are classes, rename those that are named like splits",
		strings.Join(found, ", "), strings.Join(others, ", "))
}
