package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/internal/safetensors"
	"fashionlab/fashion/recipes"
)

// State is the part of a training's state that is not a tensor. With the tensors it is all that a later process
// needs: the data order and the dropout masks follow from the recipe's seed and the step.
type State struct {
	Recipe       recipes.Recipe `json:"recipe"`
	Step         int            `json:"step"` // steps done since the start
	LearningRate float64        `json:"rate"` // learning rate of the next step
	Plateau      Plateau        `json:"plateau"`
	History      []Epoch        `json:"history"` // one entry per finished epoch
}

// Plateau is the memory of a reduction of the learning rate on plateau.
type Plateau struct {
	Started  bool    `json:"started"`  // false before the first epoch
	Best     float64 `json:"best"`     // lowest validation loss so far
	Wait     int     `json:"wait"`     // epochs since
	Cooldown int     `json:"cooldown"` // epochs left in which none are counted
}

// Tensor is a named array of little-endian values in row order.
type Tensor = safetensors.Tensor

// Checkpoint is a training's whole state at the end of an epoch. On disk it is a safetensors file whose metadata
// hold the State as JSON ("state"), the CRC-32 (IEEE) of the tensors' bytes ("crc32") and that of the header itself with eight zeros in
// its place ("crc32_header", which old checkpoints lack), so that it needs nothing else and other programs can read it.
type Checkpoint struct {
	State   State
	Tensors []Tensor
}

// Names of checkpoints.
const (
	Last = "last" // after the last finished epoch
	Best = "best" // after the record's best epoch
)

// CheckpointError is a checkpoint file that cannot be used.
type CheckpointError struct {
	File string
	Err  error
}

func (e *CheckpointError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }

func (e *CheckpointError) Unwrap() error { return e.Err }

// Checkpoint returns the checkpoint of that name, which must be there.
func (r *Run) Checkpoint(name string) (Checkpoint, error) {
	c, found, err := r.LoadCheckpoint(name)
	if err == nil && !found {
		err = fmt.Errorf("%s has no checkpoint of its %s epoch; put back a copy of the file, or train the recipe anew into another folder", r.Dir, name)
		if r.Published && !r.HasCheckpoint(Best) {
			err = fmt.Errorf("%s is published without its weights; train the recipe on this machine to have them", r.Dir)
		}
	}
	return c, err
}

// previous is added to the name of the checkpoint that was there before the last one.
const previous = ".previous"

func checkpointFile(name string) string { return filepath.Join(checkpointDir, name+".safetensors") }

func (r *Run) checkpointPath(name string) string { return filepath.Join(r.Dir, checkpointFile(name)) }

// SaveCheckpoint saves a checkpoint. The Last one before it stays as its fallback.
func (r *Run) SaveCheckpoint(name string, c Checkpoint) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	if name == Last {
		if err := r.writable(); err != nil {
			return err
		}
		if !r.fellBack { // otherwise the one before is the only good one
			if err := disk.LinkOrCopy(r.checkpointPath(Last), r.checkpointPath(Last+previous)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		r.fellBack = false
	}
	return r.write(checkpointFile(name), data)
}

// HasCheckpoint reports whether there is a checkpoint of that name, be it readable or not.
func (r *Run) HasCheckpoint(name string) bool {
	_, err := os.Stat(r.checkpointPath(name))
	return err == nil
}

// LoadCheckpoint reads a checkpoint, which must be of the run's recipe and usable as the caller defines it. Where Last is corrupt or missing, it reads the one before it and also returns the
// error that tells why; a caller goes on if found is true.
func (r *Run) LoadCheckpoint(name string, usable ...func(Checkpoint) error) (c Checkpoint, found bool, err error) {
	c, err = r.readCheckpoint(name, usable)
	if err == nil {
		return c, true, nil
	}
	if name == Last {
		if before, err2 := r.readCheckpoint(Last+previous, usable); err2 == nil {
			r.fellBack = true
			return before, true, fmt.Errorf("%w; fell back to the checkpoint before it, of epoch %d", err, len(before.State.History))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, false, nil
	}
	if r.Published {
		return Checkpoint{}, false, fmt.Errorf("%w; put back the file that came with the project", err)
	}
	return Checkpoint{}, false, fmt.Errorf("%w; remove %s to train anew", err, r.Dir)
}

// readCheckpoint reads a checkpoint and compares it with the manifest, if the run has one, and with the run's recipe.
func (r *Run) readCheckpoint(name string, usable []func(Checkpoint) error) (Checkpoint, error) {
	path := r.checkpointPath(name)
	data, err := disk.ReadFile(path, 0)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := decodeCheckpoint(data)
	if err != nil {
		return Checkpoint{}, &CheckpointError{path, err}
	}
	if r.manifest != nil {
		if err := r.verify(checkpointFile(name), manifest.Digest(data)); err != nil {
			return Checkpoint{}, err
		}
	}
	err = r.sameRecipe(c.State.Recipe)
	for i := 0; i < len(usable) && err == nil; i++ {
		err = usable[i](c)
	}
	if err != nil {
		return Checkpoint{}, &CheckpointError{path, err}
	}
	return c, nil
}

// sameRecipe compares the recipe in a checkpoint with the run's, which may have been extended to more epochs since.
func (r *Run) sameRecipe(kept recipes.Recipe) error {
	extended := kept
	if !kept.Canonical().SpansTraining() {
		extended.Epochs = r.Recipe.Epochs
	}
	if extended.Canonical() != r.Recipe.Canonical() {
		return &RecipeError{Dir: r.Dir, Differences: recipes.Diff(kept, r.Recipe)}
	}
	return nil
}

// recipeOf reads the recipe in a checkpoint, and nothing else of it.
func recipeOf(path string) (recipes.Recipe, error) {
	f, err := disk.Open(path)
	if err != nil {
		return recipes.Recipe{}, err
	}
	defer f.Close()
	metadata, err := safetensors.ReadMetadata(f)
	if err != nil {
		return recipes.Recipe{}, err
	}
	state, err := decodeState(metadata)
	return state.Recipe, err
}

// stateKey is where a checkpoint's metadata have its state.
const stateKey = "state"

func (c Checkpoint) encode() ([]byte, error) {
	state, err := json.Marshal(c.State)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	data, err := safetensors.Encode(map[string]string{stateKey: string(state)}, c.Tensors)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return data, nil
}

// decodeCheckpoint is the inverse of encode. The tensors share data's memory.
func decodeCheckpoint(data []byte) (c Checkpoint, err error) {
	metadata, tensors, err := safetensors.Decode(data)
	if err != nil {
		return c, err
	}
	c.Tensors = tensors
	c.State, err = decodeState(metadata)
	return c, err
}

// decodeState decodes the state in a checkpoint's metadata, whose other values are checksums.
func decodeState(metadata map[string]string) (s State, err error) {
	for key := range metadata {
		if key != stateKey && !slices.Contains(safetensors.Checksums, key) {
			return s, fmt.Errorf("found %q in the header, which no checkpoint has", key)
		}
	}
	if err := json.Unmarshal([]byte(metadata[stateKey]), &s); err != nil {
		return s, fmt.Errorf("found a corrupt state: %w", err)
	}
	for i, e := range s.History {
		if e.Epoch != i+1 {
			return s, fmt.Errorf("found epoch %d in the history after %d others", e.Epoch, i)
		}
	}
	if s.Step < 0 {
		return s, fmt.Errorf("found step %d", s.Step)
	}
	return s, nil
}
