// Package run keeps the results of one training in a directory. The directory is the only state that passes between
// the cells of a notebook, the commands and the machines: copy it, and the run is copied. It needs the standard
// library only.
//
//	recipe.json            what was asked for
//	record.json            what happened: device, versions, times, data checksums, openings of the test set
//	history.json           one entry per finished epoch
//	network.json           the network's layers, and a digest of what is computed
//	checkpoints/last       the state after the last epoch; last.previous the one before; best, of the epoch that the record names
//	predictions/NAME.npz   probabilities of "validation" or "test", readable with numpy.load
//	samples/epoch-001.png  what a GAN makes of the same latents after an epoch
//	done                   exists once the training has ended as its recipe says
//	lock                   held by the process that writes
//
// Every file is written to a temporary name and renamed, so that a reader sees the old or the new one, never half.
package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Run is a run directory in memory: what was on disk when it was opened, kept in step with what is saved through it.
type Run struct {
	Dir     string
	Recipe  Recipe
	Record  Record
	History []Epoch
	// Published tells that the run was not made on this machine, see OpenPublished.
	Published bool

	lock *os.File // held by the one process that writes; nil in a run opened for reading
}

// ErrNotFound is wrapped by the error for a directory that holds no run.
var ErrNotFound = errors.New("not run")

// RecipeError is an existing run's recipe that is not the one asked for.
type RecipeError struct {
	Dir         string
	Differences []string // as Diff(on disk, asked for) lists them
}

func (e *RecipeError) Error() string {
	s := fmt.Sprintf("%s holds a run of another recipe (on disk != asked for):", e.Dir)
	for _, d := range e.Differences {
		s += "\n  " + d
	}
	return s + "\nchoose another name, or remove the folder to train anew"
}

// Open reads a run, finished or not, without writing to it.
func Open(dir string) (*Run, error) {
	r := &Run{Dir: dir}
	return r, r.read()
}

// Begin opens a run for writing: a new one, or the unfinished or finished one of the same recipe. Another process
// that has it open for writing is an error, and so is another recipe, unless that one has not finished an epoch. Close ends it.
func Begin(dir string, recipe Recipe) (*Run, error) { return begin(dir, recipe, false) }

// Extend is Begin, where the run on the disk may have another number of epochs. If it has fewer, it becomes a run of as many as
// the recipe asks for, which resumes after its last epoch; what it predicted is removed, because its model changes. If it has more, it
// stays as it is.
func Extend(dir string, recipe Recipe) (*Run, error) { return begin(dir, recipe, true) }

func begin(dir string, recipe Recipe, extend bool) (*Run, error) {
	if err := recipe.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, checkpointDir), 0o777); err != nil {
		return nil, fmt.Errorf("cannot keep a run here; name a writable folder with $%s: %w", RootVariable, err)
	}
	lock, err := Lock(dir)
	if err != nil {
		return nil, err
	}
	recipe = recipe.canonical()
	r := &Run{Dir: dir, lock: lock}
	err = r.read()
	if err == nil && extend {
		err = r.extend(&recipe)
	}
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && r.Recipe != recipe && !r.hasEpochs():
		r.Recipe, r.Record, r.History = recipe, Record{Started: time.Now().UTC().Truncate(time.Second)}, nil
		err = r.saveJSON(recipeFile, recipe)
	case err == nil && r.Recipe != recipe:
		err = &RecipeError{dir, Diff(r.Recipe, recipe)}
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// hasEpochs reports whether an epoch has been finished: its checkpoint is what is saved first.
func (r *Run) hasEpochs() bool {
	_, err := os.Stat(r.checkpointPath(Last))
	return len(r.History) > 0 || err == nil
}

// OverAll reports whether the schedule depends on how long the whole training is, so that one of other epochs is another training from the first step on. It
// does for a cosine without a number of steps, and may for a schedule of one's own.
func (r Recipe) OverAll() bool {
	switch r.Schedule.Name {
	case "", "plateau", "exponential", "step":
		return false
	case "cosine":
		return r.Schedule.DecaySteps == 0
	}
	return true
}

// extend brings the epochs of the run and of the recipe that is asked for together, to the larger number of both, unless they differ
// in more. It is one step for whoever reads: until the new recipe is there, the run is an unfinished one of the old.
func (r *Run) extend(asked *Recipe) error {
	longer := r.Recipe
	longer.Epochs = asked.Epochs
	if longer.canonical() != *asked || longer != r.Recipe && r.Recipe.OverAll() {
		return nil
	}
	if r.Recipe.Epochs >= asked.Epochs {
		*asked = r.Recipe
		return nil
	}
	for _, name := range []string{doneFile, predictionsDir} {
		if err := os.RemoveAll(filepath.Join(r.Dir, name)); err != nil {
			return err
		}
	}
	if err := r.saveJSON(recipeFile, longer); err != nil {
		return err
	}
	r.Recipe = longer.canonical()
	return nil
}

// RemoveCheckpoints removes a run's checkpoints, which take most of its space. What it measured stays; training it on would begin anew.
func RemoveCheckpoints(dir string) error { return os.RemoveAll(filepath.Join(dir, checkpointDir)) }

// Close lets other processes write the run. It does nothing for a run opened for reading.
func (r *Run) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.Close()
	r.lock = nil
	return err
}

const (
	recipeFile     = "recipe.json"
	recordFile     = "record.json"
	historyFile    = "history.json"
	doneFile       = "done"
	checkpointDir  = "checkpoints"
	predictionsDir = "predictions"
)

// read fills the run from its directory.
func (r *Run) read() error {
	path := filepath.Join(r.Dir, recipeFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w (no %s)", r.Dir, ErrNotFound, recipeFile)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if r.Recipe, err = ReadRecipe(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, v := range map[string]any{recordFile: &r.Record, historyFile: &r.History} {
		if err := r.readJSON(name, v); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Finished reports whether the training ended as its recipe says.
func (r *Run) Finished() bool {
	_, err := os.Stat(filepath.Join(r.Dir, doneFile))
	return err == nil
}

// Finish marks the training as ended.
func (r *Run) Finish() error {
	r.Record.Finished = time.Now().UTC().Truncate(time.Second)
	if err := r.SaveRecord(); err != nil {
		return err
	}
	return r.write(doneFile, []byte(r.Record.Finished.Format(time.RFC3339)+"\n"))
}

// SaveHistory replaces the history on disk and in memory.
func (r *Run) SaveHistory(history []Epoch) error {
	r.History = history
	return r.saveJSON(historyFile, history)
}

// SaveRecord writes the run's record.
func (r *Run) SaveRecord() error { return r.saveJSON(recordFile, r.Record) }

func (r *Run) readJSON(name string, v any) error {
	path := filepath.Join(r.Dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: found no valid JSON; put back a copy or remove the file: %w", path, err)
	}
	return nil
}

func (r *Run) saveJSON(name string, v any) error {
	data, err := encodeJSON(v)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, name), err)
	}
	return r.write(name, data)
}

func encodeJSON(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return append(data, '\n'), err
}

// write saves one of the run's files atomically. Only the process that holds the lock may.
func (r *Run) write(name string, data []byte) error {
	path := filepath.Join(r.Dir, name)
	if r.lock == nil {
		return fmt.Errorf("%s: the run is open for reading only", path)
	}
	return WriteFile(path, data)
}
