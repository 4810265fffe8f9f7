package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// place matches where a plugin lay on the machine, which says nothing to others.
var place = regexp.MustCompile(` \(/[^)]*\)`)

// PublishWeights gives the published run of that name its best epoch's checkpoint.
func PublishWeights(name string, c Checkpoint) error {
	p, err := Published().Open(name)
	if err != nil {
		return err
	}
	data, err := c.encode()
	if err != nil {
		return err
	}
	return WriteFile(p.checkpointPath(Best), data)
}

// Publish copies a finished run's recipe, record, history, predictions and samples (of the best epoch, the last, and the 1st, 2nd, 4th, 8th and so on) to the published runs, under that name.
func (r *Run) Publish(name string) error {
	if !r.Finished() {
		return errors.New(r.Dir + ": the training is not finished; only finished runs are published")
	}
	root, err := Published().Root()
	if err != nil {
		return err
	}
	record := r.Record
	record.Backend = place.ReplaceAllString(record.Backend, "")
	data, err := encodeJSON(record)
	if err != nil {
		return err
	}
	contents := map[string][]byte{recordFile: data}
	files := []string{recipeFile, historyFile, networkFile, filepath.Join(predictionsDir, Validation+".npz"), filepath.Join(predictionsDir, Test+".npz"), doneFile}
	for _, e := range r.History {
		if last := len(r.History); e.Epoch&(e.Epoch-1) == 0 || e.Epoch == record.BestEpoch || e.Epoch == last {
			files = append(files, samplesFile(e.Epoch)) // of every epoch they would be large
		}
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(r.Dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a run that was never tested has no such predictions, and a classifier no samples
		}
		if err != nil {
			return err
		}
		contents[file] = data
	}
	for _, old := range []string{checkpointDir, predictionsDir, samplesDir} { // of a run that was published before under the name
		if err := os.RemoveAll(filepath.Join(root, name, old)); err != nil {
			return err
		}
	}
	for file, data := range contents {
		if err := WriteFile(filepath.Join(root, name, file), data); err != nil {
			return err
		}
	}
	return nil
}
