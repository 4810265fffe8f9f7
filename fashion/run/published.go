package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// PublishedVariable is the environment variable that names the folder of the published runs.
const PublishedVariable = "FASHION_PUBLISHED"

// PublishedRoot is the folder of the published runs, which $FASHION_PUBLISHED may name: full-scale ones that were made elsewhere and
// come with the project, without checkpoints. They are shown beside this machine's runs and never taken for them.
func PublishedRoot() (string, error) {
	if dir := os.Getenv(PublishedVariable); dir != "" {
		return filepath.Abs(dir)
	}
	root, err := moduleRoot()
	return filepath.Join(root, "notebooks", "published"), err
}

// OpenPublished opens the published run of that name.
func OpenPublished(name string) (*Run, error) {
	root, err := PublishedRoot()
	if err != nil {
		return nil, err
	}
	r, err := Open(filepath.Join(root, name))
	r.Published = true
	return r, err
}

// Publish copies a finished run's recipe, record, history and predictions to the published runs, under that name.
func (r *Run) Publish(name string) error {
	if !r.Finished() {
		return errors.New(r.Dir + ": the training is not finished; only finished runs are published")
	}
	root, err := PublishedRoot()
	if err != nil {
		return err
	}
	for _, file := range []string{recipeFile, recordFile, historyFile, filepath.Join(predictionsDir, Validation+".npz"), filepath.Join(predictionsDir, Test+".npz"), doneFile} {
		data, err := os.ReadFile(filepath.Join(r.Dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a run that was never tested has no such predictions
		}
		if err != nil {
			return err
		}
		if err := WriteFile(filepath.Join(root, name, file), data); err != nil {
			return err
		}
	}
	return nil
}
