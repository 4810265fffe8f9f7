package run

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
)

// CorruptError is a file of a run that is not what was saved.
type CorruptError struct {
	File, Advice string
	Err          error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt: %v; %s", e.File, e.Err, e.Advice)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// corrupt is the error of one of the run's files.
func (r *Run) corrupt(name string, err error) error {
	e := &CorruptError{File: filepath.Join(r.Dir, name), Err: err}
	switch {
	case r.Published:
		e.Advice = "put back the file that came with the project"
	case name == recordFile:
		e.Advice = fmt.Sprintf("put back a copy; or remove the file %s and train its recipe into the folder again, which ends anew from the checkpoints; or remove the folder", doneFile)
	case name == predictionsFile(Test):
		e.Advice = "test the run again, which predicts anew"
	case filepath.Dir(name) == robustnessDir:
		e.Advice = "remove the file and measure the robustness again"
	case name == doneFile, name == recipeFile, name == historyFile, name == predictionsFile(Validation):
		e.Advice = "train its recipe into the folder again, which makes the file anew from the checkpoints; without them put back a copy, or remove the folder"
	default:
		e.Advice = fmt.Sprintf("put back a copy; or remove it and the file %s and train its recipe into the folder again, which ends anew from the checkpoints; or remove the folder", doneFile)
	}
	return e
}

// unreadable reports an error of the system, which says nothing of what a file holds and may pass.
func unreadable(err error) bool {
	var system *fs.PathError
	return errors.As(err, &system)
}

// smallFile is how many bytes a file other than a checkpoint may have.
const smallFile = 64 << 20

// readManifest reads the run's manifest: nil for a run that is not finished, or was finished when done held a time alone.
func (r *Run) readManifest() (*manifest.Manifest, error) {
	data, err := disk.ReadFile(filepath.Join(r.Dir, doneFile), smallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if unreadable(err) {
		return nil, err
	}
	if err != nil {
		if info, statErr := os.Stat(filepath.Join(r.Dir, doneFile)); statErr == nil && info.IsDir() { // of runs that somebody sorted
			return nil, nil
		}
		return nil, r.corrupt(doneFile, err)
	}
	if _, err := time.Parse(time.RFC3339, string(bytes.TrimSpace(data))); err == nil {
		return nil, nil
	}
	m, err := manifest.Decode(data)
	if err != nil {
		return nil, r.corrupt(doneFile, err)
	}
	return &m, nil
}

// verify compares a file's digest, "" if there is no file, with the manifest: with that on the disk if need be, because the process that holds the lock may have written both since the run was opened.
func (r *Run) verify(name, sum string) error {
	key := filepath.ToSlash(name)
	if r.manifest == nil || r.manifest.Check(key, sum) == nil {
		return nil
	}
	m, err := r.readManifest()
	if err != nil || m == nil {
		return err
	}
	if err := m.Check(key, sum); err != nil {
		return r.corrupt(name, err)
	}
	return nil
}

// readFile reads one of the run's small files and compares it with the manifest.
func (r *Run) readFile(name string) ([]byte, error) {
	data, err := disk.ReadFile(filepath.Join(r.Dir, name), smallFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if missing := r.verify(name, ""); missing != nil {
			return nil, missing
		}
		return nil, err
	case unreadable(err):
		return nil, err
	case err != nil:
		return nil, r.corrupt(name, err)
	}
	return data, r.verify(name, manifest.Digest(data))
}

// patterns match the files that a manifest lists, by their paths with slashes.
var patterns = []string{recipeFile, recordFile, historyFile, networkFile, checkpointDir + "/[^.]*.safetensors", predictionsDir + "/[^.]*.npz", robustnessDir + "/[^.]*.json", samplesDir + "/[^.]*.png"}

// seal writes the manifest of the files that are there. One that cannot be read is an error.
func (r *Run) seal() error {
	names, _, err := disk.List(r.Dir, patterns...)
	if err != nil {
		return err
	}
	m := manifest.Manifest{Finished: r.Record.Finished, SHA256: map[string]string{}}
	for _, name := range names {
		err := r.inspect(name)
		switch {
		case err == nil:
		case name == checkpointFile(Last+previous):
			continue // nobody needs it any more
		case name == predictionsFile(Test), path.Dir(name) == robustnessDir:
			warn("%v", err)
			if err := disk.Remove(filepath.Join(r.Dir, name)); err != nil { // so that the run is measured again
				return err
			}
			continue
		case path.Dir(name) == samplesDir, path.Dir(name) == predictionsDir && name != predictionsFile(Validation):
			warn("%v", err) // a file of the user's own, or one that no other needs
			continue
		default:
			return err
		}
		if m.SHA256[name], err = manifest.DigestFile(filepath.Join(r.Dir, name)); err != nil {
			return err
		}
	}
	return r.saveManifest(m)
}

// saveManifest writes a manifest, and keeps it in memory.
func (r *Run) saveManifest(m manifest.Manifest) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	if err := r.replace(doneFile, data); err != nil {
		return err
	}
	r.manifest = &m
	return nil
}

// update writes one of a finished run's files and its digest. Whenever it ends, the manifest holds the digest of the file that is there.
func (r *Run) update(name string, data []byte) error {
	if err := r.saveManifest(r.manifest.Announce(filepath.ToSlash(name), manifest.Digest(data))); err != nil {
		return err
	}
	if err := r.replace(name, data); err != nil {
		return err
	}
	return r.settle()
}

// settle ends an update, perhaps one that a killed process began.
func (r *Run) settle() error {
	if r.manifest == nil || len(r.manifest.Next) == 0 {
		return nil
	}
	m, err := r.manifest.Settle(r.Dir)
	if err != nil {
		return err
	}
	return r.saveManifest(m)
}
