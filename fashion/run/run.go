// Package run keeps the results of one training in a directory. The directory is the only state that passes between
// the cells of a notebook, the commands and the machines: copy it, and the run is copied. It needs the standard
// library only.
//
//	recipe.json            what was asked for
//	record.json            what happened: device, versions, times, data checksums, openings of the test set
//	history.json           one entry per finished epoch
//	network.json           the network's layers, and a digest of what is computed
//	checkpoints/last       the state after the last epoch; last.previous the one before; best, of the epoch that the record names
//	predictions/NAME.npz   probabilities of "validation" or "test", readable with numpy.load; of "epochs", the classes predicted for the validation images after each epoch
//	robustness/NAME.json   which images of "validation" or "test" are classified correctly after each corruption, if that was measured
//	samples/epoch-001.png  what a GAN makes of the same latents after an epoch
//	done                   written last, when the training has ended as its recipe says: the SHA-256 of each of the files above, and of itself
//	lock                   held by the process that writes
//
// Every file is written to a temporary name and renamed, so that a reader sees the old or the new one, never half; both steps are on the disk before the next file is written, so that a power
// cut leaves what a killed process would. Each is compared with the digest in done when it is read. In runs that
// were finished before there were digests, done holds a time alone and nothing is compared.
package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/recipes"
)

// Run is a run directory in memory: what was on disk when it was opened, kept in step with what is saved through it.
type Run struct {
	Dir     string
	Recipe  recipes.Recipe
	Record  Record
	History []Epoch
	// Published tells that the run was not made on this machine, see Published.
	Published bool

	lock     *disk.Lock         // held by the one process that writes; nil in a run opened for reading
	manifest *manifest.Manifest // nil in a run that is not finished, or was before there were manifests
	fellBack bool               // the last checkpoint is not to replace the one before it, which was read in its stead
}

// ErrNotFound is wrapped by the error for a directory that holds no run.
var ErrNotFound = errors.New("not run")

// RecipeError is an existing run's recipe that is not the one asked for.
type RecipeError struct {
	Dir         string
	Differences []string // as Diff(on disk, asked for) lists them
	Extend      string   // the function that would train the run on to the recipe asked for, "" if none can
}

func (e *RecipeError) Error() string {
	s := fmt.Sprintf("%s holds a run of another recipe (on disk != asked for):", e.Dir)
	for _, d := range e.Differences {
		s += "\n  " + d
	}
	s += "\n"
	if e.Extend != "" {
		s += e.Extend + " trains it on; otherwise "
	}
	return s + "choose another name, or remove the folder to train anew"
}

// Open reads a run, finished or not, without writing to it. A file that is not what was saved is a *CorruptError.
func Open(dir string) (*Run, error) {
	r := &Run{Dir: dir}
	return r, r.read()
}

// Begin opens a run for writing: a new one, or the unfinished or finished one of the same recipe. Another process
// that has it open for writing is an error, and so is another recipe, unless that one has not finished an epoch. A file that is corrupt or lost is made
// anew where the others hold what was in it, with a warning. Close ends it.
func Begin(dir string, recipe recipes.Recipe) (*Run, error) { return begin(dir, recipe, false) }

// Extend is Begin, where the run on the disk may have another number of epochs. If it has fewer, it becomes a run of as many as
// the recipe asks for, which resumes after its last epoch; what it predicted is removed, because its model changes. If it has more, it
// stays as it is.
func Extend(dir string, recipe recipes.Recipe) (*Run, error) { return begin(dir, recipe, true) }

func begin(dir string, recipe recipes.Recipe, extend bool) (*Run, error) {
	if err := recipe.Validate(); err != nil {
		return nil, err
	}
	if err := disk.MkdirAll(filepath.Join(dir, checkpointDir)); err != nil {
		return nil, fmt.Errorf("cannot keep a run here; name a writable folder with $%s: %w", RootVariable, err)
	}
	lock, err := disk.NewLock(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, lock: lock}
	if err := r.begin(recipe.Canonical(), extend); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// begin brings a locked run in order and reads it.
func (r *Run) begin(recipe recipes.Recipe, extend bool) error {
	if r.lock.Warning != "" {
		warn("%s", r.lock.Warning)
	} else if err := disk.Recover(r.Dir, append(patterns, doneFile)...); err != nil { // no other process writes here
		return err
	}
	err := r.readOrMend(recipe)
	if err == nil && extend {
		err = r.extend(&recipe)
	}
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && r.Recipe != recipe && !r.hasEpochs():
		r.Recipe, r.Record, r.History = recipe, Record{Started: time.Now().UTC().Truncate(time.Second)}, nil
		// A first epoch that was interrupted may have left its best checkpoint.
		if err := disk.Remove(r.checkpointPath(Best)); err != nil {
			return err
		}
		return r.saveJSON(recipeFile, recipe)
	case err == nil && r.Recipe != recipe:
		e := &RecipeError{Dir: r.Dir, Differences: recipes.Diff(r.Recipe, recipe)}
		if r.extendable(recipe) && recipe.Epochs > r.Recipe.Epochs {
			e.Extend = "train.Extend"
			if recipe.IsGAN() {
				e.Extend = "gan.Extend"
			}
		}
		return e
	case err != nil:
		return err
	}
	return r.settle()
}

// hasEpochs reports whether an epoch has been finished: its checkpoint is what is saved first.
func (r *Run) hasEpochs() bool {
	return len(r.History) > 0 || r.HasCheckpoint(Last) || r.HasCheckpoint(Last+previous)
}

// extend brings the epochs of the run and of the recipe that is asked for together, to the larger number of both, unless they differ
// in more. It is one step for whoever reads: until the new recipe is there, the run is an unfinished one of the old.
func (r *Run) extend(asked *recipes.Recipe) error {
	if !r.extendable(*asked) {
		return nil
	}
	if r.Recipe.Epochs >= asked.Epochs {
		*asked = r.Recipe
		return nil
	}
	longer := r.Recipe
	longer.Epochs = asked.Epochs
	err := r.reopen()
	if err == nil {
		err = errors.Join(disk.RemoveFolder(filepath.Join(r.Dir, predictionsDir)), disk.RemoveFolder(filepath.Join(r.Dir, robustnessDir)))
	}
	if err == nil {
		err = r.saveJSON(recipeFile, longer)
	}
	if err != nil {
		return err
	}
	r.Recipe = longer.Canonical()
	return nil
}

// extendable reports whether the recipe that is asked for is the run's with any number of epochs, whose first ones do not depend on that number.
func (r *Run) extendable(asked recipes.Recipe) bool {
	kept := r.Recipe
	kept.Epochs = asked.Epochs
	return kept.Canonical() == asked && (kept == r.Recipe || !r.Recipe.SpansTraining())
}

// RemoveCheckpoints removes a run's checkpoints, which take most of its space. What it measured stays; training it on would begin anew.
func RemoveCheckpoints(dir string) error { return disk.RemoveFolder(filepath.Join(dir, checkpointDir)) }

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
func (r *Run) read() (err error) {
	r.Record, r.History = Record{}, nil
	if r.manifest, err = r.readManifest(); err != nil {
		return err
	}
	data, err := r.readFile(recipeFile)
	if errors.Is(err, fs.ErrNotExist) {
		if left := r.orphan(); left != "" {
			return r.corrupt(recipeFile, fmt.Errorf("it is not there, though %s is: the folder holds the run of a recipe that is not known", left))
		}
		return fmt.Errorf("%s: %w (no %s)", r.Dir, ErrNotFound, recipeFile)
	}
	if err != nil {
		return err
	}
	if r.Recipe, err = recipes.Read(bytes.NewReader(data)); err != nil {
		return r.corrupt(recipeFile, err)
	}
	if err := errors.Join(r.readJSON(recordFile, &r.Record), r.readJSON(historyFile, &r.History)); err != nil {
		return err
	}
	if n := r.Record.BestEpoch; n < 0 || n > len(r.History) {
		if r.Finished() {
			return r.corrupt(recordFile, fmt.Errorf("best_epoch is %d in a run of %d epochs", n, len(r.History)))
		}
		r.Record.BestEpoch = 0 // ended between two files; the checkpoint knows it
	}
	return r.compareCheckpoints()
}

// compareCheckpoints compares the recipe with that of the checkpoints. Where there is a manifest, that has been done before it was written.
func (r *Run) compareCheckpoints() error {
	if r.manifest != nil {
		return nil
	}
	for _, name := range []string{Best, Last} {
		kept, err := recipeOf(r.checkpointPath(name))
		if err != nil {
			continue // whoever needs the checkpoint reports that
		}
		if err := r.sameRecipe(kept); err != nil {
			return r.corrupt(recipeFile, fmt.Errorf("it is not the recipe of %s: %w", checkpointFile(name), err))
		}
	}
	return nil
}

// orphan names a file that only a run has, "" if there is none.
func (r *Run) orphan() string {
	for _, name := range []string{doneFile, recordFile, historyFile, checkpointFile(Last), checkpointFile(Best)} {
		if info, err := os.Lstat(filepath.Join(r.Dir, name)); err == nil && !info.IsDir() {
			return name
		}
	}
	return ""
}

// Finished reports whether the training ended as its recipe says.
func (r *Run) Finished() bool {
	_, err := os.Stat(filepath.Join(r.Dir, doneFile))
	return err == nil
}

// Finish marks the training as ended, with the digests of all files.
func (r *Run) Finish() error {
	r.Record.Finished = time.Now().UTC().Truncate(time.Second)
	if err := r.SaveRecord(); err != nil {
		return err
	}
	return r.seal()
}

// reopen makes a run unfinished.
func (r *Run) reopen() error {
	r.manifest = nil
	return disk.Remove(filepath.Join(r.Dir, doneFile))
}

// Best returns the epoch whose model is the run's.
func (r *Run) Best() (Epoch, error) {
	if n := r.Record.BestEpoch; n < 1 || n > len(r.History) {
		return Epoch{}, fmt.Errorf("%s: the best epoch is not known: %s says %d of %d", r.Dir, recordFile, n, len(r.History))
	}
	return r.History[r.Record.BestEpoch-1], nil
}

// KeptEpoch says which epoch's model is the run's, and why, as "epoch 9, chosen on the validation images".
func (r *Run) KeptEpoch() string {
	reason := "chosen on the validation images"
	if r.Recipe.Keep == recipes.LastEpoch {
		reason = "the last"
	}
	return fmt.Sprintf("epoch %d, %s", r.Record.BestEpoch, reason)
}

// SaveHistory replaces the history on disk and in memory.
func (r *Run) SaveHistory(history []Epoch) error {
	r.History = history
	return r.saveJSON(historyFile, history)
}

// SaveRecord writes the run's record.
func (r *Run) SaveRecord() error { return r.saveJSON(recordFile, r.Record) }

// readJSON fills v from a file, or leaves it if the run has none.
func (r *Run) readJSON(name string, v any) error {
	data, err := r.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return r.corrupt(name, fmt.Errorf("found no valid JSON: %w", err))
	}
	if found, ok := text.Hidden(v); ok {
		return r.corrupt(name, fmt.Errorf("found %q, which a terminal would obey and not show", found))
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

// write saves one of the run's files atomically, and its digest if the run is finished. Only the process that holds the lock may.
func (r *Run) write(name string, data []byte) error {
	if r.manifest != nil {
		return r.update(name, data)
	}
	return r.replace(name, data)
}

// replace is write without the digest. It makes no folder but those of a run: one that was moved away would be there twice.
func (r *Run) replace(name string, data []byte) error {
	if err := r.writable(); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	path := filepath.Join(r.Dir, name)
	if folder := filepath.Dir(path); folder != filepath.Clean(r.Dir) {
		if err := disk.Mkdir(folder); err != nil {
			return err
		}
	}
	return disk.Replace(path, data)
}

// writable reports why this process may not write the run, if it may not.
func (r *Run) writable() error {
	if r.lock == nil {
		return fmt.Errorf("%s: the run is open for reading only", r.Dir)
	}
	return r.lock.Check()
}
