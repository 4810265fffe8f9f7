package effect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fashionlab/fashion/run"
)

// published is the file of effects that comes with the project: measured from trainings at full scale, which are too many to come with it.
func published() (string, error) {
	root, err := run.Published().Root()
	return filepath.Join(root, "full", "synthetic", "effects.json"), err
}

// Published are the effects that come with the project.
func Published() (list []Effect, err error) {
	path, err := published()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err = d.Decode(&list)
	if err == nil && d.More() {
		err = errors.New("something follows it")
	}
	if err == nil && len(list) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no list of effects (%w); get it anew from the project, or make it: go run ./kernel-setup train -recipe mixing -profile full -publish", path, err)
	}
	return list, nil
}

// Publish replaces them.
func Publish(list []Effect) error {
	path, err := published()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		return err
	}
	return run.WriteFile(path, append(data, '\n'))
}
