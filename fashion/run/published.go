package run

import (
	"errors"
	"io/fs"
	"regexp"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/internal/npz"
)

// place matches where a plugin lay on the machine, which says nothing to others.
var place = regexp.MustCompile(` \(/[^)]*\)`)

// Publish copies a finished run's recipe, record, history, predictions (probabilities rounded, see [Predictions]; classes after each epoch as they are), robustness and samples (of the best epoch, the last, and the 1st, 2nd, 4th and so on) to the
// published runs, with weights, unless they are nil, as the best epoch's checkpoint. It is one step: whenever it ends, the published run is the old one, the new one or, for a moment, none.
func (r *Run) Publish(name string, weights *Checkpoint) error {
	if !r.Finished() {
		return errors.New(r.Dir + ": the training is not finished; only finished runs are published")
	}
	dir, err := Published().Path(name)
	if err != nil {
		return err
	}
	contents, err := r.published(weights)
	if err != nil {
		return err
	}
	ours := []string{recipeFile, recordFile, historyFile, networkFile, doneFile, checkpointDir, predictionsDir, robustnessDir, samplesDir}
	return disk.ReplaceFolder(dir, contents, ours)
}

// published is the content of each file of a run that is published.
func (r *Run) published(weights *Checkpoint) (map[string][]byte, error) {
	record, contents := r.Record, map[string][]byte{}
	record.Backend = place.ReplaceAllString(record.Backend, "")
	var err error
	if contents[recordFile], err = encodeJSON(record); err != nil {
		return nil, err
	}
	files := []string{recipeFile, historyFile, networkFile, robustnessFile(Validation), robustnessFile(Test)}
	for _, e := range r.History {
		if last := len(r.History); e.Epoch&(e.Epoch-1) == 0 || e.Epoch == record.BestEpoch || e.Epoch == last {
			files = append(files, samplesFile(e.Epoch)) // of every epoch they would be large
		}
	}
	for _, file := range files {
		data, err := r.readFile(file)
		if err == nil {
			contents[file] = data
		} else if !errors.Is(err, fs.ErrNotExist) { // a classifier has no samples, and not every run what it made of corrupted images
			return nil, err
		}
	}
	epochs, err := r.readEpochs()
	if err == nil {
		contents[epochsFile], err = npz.Encode(epochs.arrays(r.Record.Classes.Len()))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, split := range []string{Validation, Test} {
		p, err := r.Predictions(split)
		if err == nil {
			contents[predictionsFile(split)], err = npz.Encode(p.published())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a run that was never tested has none for the test images, and a GAN none at all
			return nil, err
		}
	}
	if weights != nil {
		if err := r.sameRecipe(weights.State.Recipe); err != nil {
			return nil, err
		}
		if contents[checkpointFile(Best)], err = weights.encode(); err != nil {
			return nil, err
		}
	}
	contents[doneFile], err = manifest.Of(record.Finished, contents).Encode()
	return contents, err
}
