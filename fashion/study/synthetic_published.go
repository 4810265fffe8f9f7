package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
)

// syntheticFile is the file of the ablation's results that come with the project. The runs at Full are too many to come with it.
func syntheticFile() (string, error) {
	root, err := run.Published().Root()
	return filepath.Join(root, "full", "synthetic", "effects.json"), err
}

// PublishedSynthetic reads the results of the ablation that come with the project.
func PublishedSynthetic() (rs SyntheticResults, err error) {
	path, err := syntheticFile()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err = d.Decode(&rs)
	if err == nil && d.More() {
		err = errors.New("something follows it")
	}
	if err == nil && len(rs) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no list of results (%w); get it anew from the project, or make it: go run ./kernel-setup train -recipe mixing -profile full -publish", path, err)
	}
	return rs, nil
}

// Publish replaces the results that come with the project.
func (rs SyntheticResults) Publish() error {
	path, err := syntheticFile()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(rs, "", "\t")
	if err != nil {
		return err
	}
	return disk.WriteFile(path, append(data, '\n'))
}
