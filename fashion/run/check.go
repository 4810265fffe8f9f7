package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/recipes"
)

// warnings is where it is said what was made anew, and what a file system cannot promise. It is a variable for tests.
var warnings io.Writer = os.Stderr

func warn(format string, args ...any) {
	fmt.Fprintln(warnings, "warning: "+fmt.Sprintf(format, args...)) // best effort
}

// readOrMend reads the run. A file that is corrupt or lost is made anew where the run proves what was in it: the recipe if the one asked for is that of a checkpoint or of the manifest, the history
// from the last checkpoint. Where the manifest itself is corrupt and the checkpoints are not, the run becomes unfinished, so that it ends anew.
func (r *Run) readOrMend(asked recipes.Recipe) error {
	err := r.read()
	for range 3 { // as many files
		var c *CorruptError
		if !errors.As(err, &c) {
			break
		}
		if mended := r.mend(c, asked); mended != nil {
			var other *RecipeError
			if errors.As(mended, &other) {
				return fmt.Errorf("%w\n%w", err, mended)
			}
			break
		}
		if filepath.Base(c.File) != doneFile {
			warn("%v is corrupt: %v; it was made anew", c.File, c.Err)
		}
		err = r.read()
	}
	return err
}

// errNoMend says that a file cannot be made anew.
var errNoMend = errors.New("the file cannot be made anew")

// mend makes one of the files anew.
func (r *Run) mend(c *CorruptError, asked recipes.Recipe) error {
	switch filepath.Base(c.File) {
	case recipeFile:
		return r.mendRecipe(asked)
	case historyFile:
		last, found, err := r.LoadCheckpoint(Last)
		if !found {
			return errors.Join(errNoMend, err)
		}
		data, err := encodeJSON(last.State.History)
		if err == nil && r.manifest != nil {
			err = r.manifest.Check(historyFile, manifest.Digest(data))
		}
		if err != nil {
			return err
		}
		return r.replace(historyFile, data)
	case doneFile:
		r.Recipe = asked
		return r.Reopen(c)
	}
	return errNoMend
}

// mendRecipe puts the recipe back, if it is the one asked for.
func (r *Run) mendRecipe(asked recipes.Recipe) error {
	data, err := encodeJSON(asked)
	if err != nil {
		return err
	}
	if r.manifest != nil && r.manifest.Check(recipeFile, manifest.Digest(data)) == nil {
		return r.replace(recipeFile, data)
	}
	for _, name := range []string{Last, Last + previous, Best} {
		kept, err := recipeOf(r.checkpointPath(name))
		if err != nil {
			continue
		}
		r.Recipe = asked
		if err := r.sameRecipe(kept); err != nil {
			return err
		} else if r.Finished() && kept.Epochs != asked.Epochs {
			return &RecipeError{Dir: r.Dir, Differences: recipes.Diff(kept, asked)}
		}
		return r.write(recipeFile, data)
	}
	return errNoMend
}

// CanReopen reports whether a finished run has the checkpoints from which it could end anew.
func (r *Run) CanReopen() error {
	kept := r.manifest
	r.manifest = nil // it may be what is corrupt
	defer func() { r.manifest = kept }()
	for _, name := range []string{Last, Best} {
		if _, err := r.readCheckpoint(name, nil); err != nil {
			return err
		}
	}
	return nil
}

// Reopen makes a finished run unfinished because of a file that a training saves at its end and that cannot be read, so that it ends anew from its checkpoints. Without these it changes nothing and
// returns the cause.
func (r *Run) Reopen(cause error) error {
	if err := r.CanReopen(); err != nil {
		return errors.Join(cause, err)
	}
	if err := r.reopen(); err != nil {
		return err
	}
	warn("%v; the training ends anew from its checkpoints", cause)
	return nil
}

// inspect reads a file to its end, as whoever needs it would.
func (r *Run) inspect(name string) error {
	dir, base := filepath.Split(name)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	switch filepath.Clean(dir) {
	case checkpointDir:
		_, err := r.readCheckpoint(base, nil)
		return err
	case predictionsDir:
		if name == filepath.ToSlash(epochsFile) {
			_, err := r.readEpochs()
			return err
		}
		_, err := r.Predictions(base)
		return err
	case robustnessDir:
		_, err := r.Robustness(base)
		return err
	case samplesDir:
		_, err := r.readSamples(name)
		return err
	}
	if name == doneFile {
		_, err := r.readManifest()
		return err
	}
	return r.readJSON(name, new(json.RawMessage))
}

// Check reads all files of a run and returns an error for each that is corrupt, lost or left over; each says what to do. Checkpoints may have been removed, all together.
func (r *Run) Check() (problems []error) {
	names, left, err := disk.List(r.Dir, append(patterns, doneFile)...)
	if err != nil {
		return []error{err}
	}
	for _, name := range names {
		if err := r.inspect(name); err != nil {
			problems = append(problems, err)
		}
	}
	if r.manifest != nil {
		checkpoint := func(name string) bool { return path.Dir(name) == checkpointDir }
		pruned := !slices.ContainsFunc(names, checkpoint)
		for _, name := range r.manifest.Absent(names) {
			if missing := r.verify(name, ""); missing != nil && !(pruned && checkpoint(name)) {
				problems = append(problems, missing)
			}
		}
	}
	if len(left) > 0 {
		problems = append(problems, fmt.Errorf("%s: a process that was killed, or is at work, has %d temporary files here; the next training into the folder removes those of killed ones", r.Dir, len(left)))
	}
	return problems
}

// Unchecked reports whether the run was finished before there were manifests, so that a change of its files is noticed only where it makes one unreadable.
func (r *Run) Unchecked() bool { return r.manifest == nil && r.Finished() }
