package run

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// State is the part of a training's state that is not a tensor. With the tensors it is all that a later process
// needs: the data order and the dropout masks follow from the recipe's seed and the step.
type State struct {
	Recipe       Recipe  `json:"recipe"`
	Step         int     `json:"step"` // steps done since the start
	LearningRate float64 `json:"rate"` // learning rate of the next step
	Plateau      Plateau `json:"plateau"`
	History      []Epoch `json:"history"` // one entry per finished epoch
}

// Plateau is the memory of a reduction of the learning rate on plateau.
type Plateau struct {
	Started  bool    `json:"started"`  // false before the first epoch
	Best     float64 `json:"best"`     // lowest validation loss so far
	Wait     int     `json:"wait"`     // epochs since
	Cooldown int     `json:"cooldown"` // epochs left in which none are counted
}

// Tensor is a named array of little-endian values in row order.
type Tensor struct {
	Name  string
	DType string // in safetensors' words: "F32", "I64", "U8", ...
	Shape []int
	Data  []byte
}

// Checkpoint is a training's whole state at the end of an epoch. On disk it is a safetensors file whose metadata
// hold the State as JSON ("state") and the CRC-32 (IEEE) of the tensors' bytes ("crc32"), so that it needs nothing
// else and other programs can read it.
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
	File, Got, Want string
	Err             error
}

func (e *CheckpointError) Error() string {
	s := fmt.Sprintf("%s: found %s, want %s", e.File, e.Got, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *CheckpointError) Unwrap() error { return e.Err }

// BestCheckpoint returns the checkpoint of the record's best epoch, which must be there.
func (r *Run) BestCheckpoint() (Checkpoint, error) {
	c, found, err := r.LoadCheckpoint(Best)
	if err == nil && !found {
		err = fmt.Errorf("%s has no checkpoint of a best epoch", r.Dir)
	}
	return c, err
}

func (r *Run) checkpointPath(name string) string {
	return filepath.Join(r.Dir, checkpointDir, name+".safetensors")
}

// SaveCheckpoint saves a checkpoint. The Last one before it stays as its fallback.
func (r *Run) SaveCheckpoint(name string, c Checkpoint) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	if name == Last {
		previous := r.checkpointPath(Last + ".previous")
		temporary := previous + ".link"
		if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// A second name for the present file: there is no moment without a whole checkpoint.
		switch err := os.Link(r.checkpointPath(Last), temporary); {
		case err == nil:
			if err := os.Rename(temporary, previous); err != nil {
				return err
			}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return r.write(filepath.Join(checkpointDir, name+".safetensors"), data)
}

// HasCheckpoint reports whether there is a checkpoint of that name, be it readable or not.
func (r *Run) HasCheckpoint(name string) bool {
	_, err := os.Stat(r.checkpointPath(name))
	return err == nil
}

// LoadCheckpoint reads a checkpoint. Where Last is damaged, it reads the one before it and also returns the error
// that tells why; a caller goes on if found is true.
func (r *Run) LoadCheckpoint(name string) (c Checkpoint, found bool, err error) {
	c, err = readCheckpoint(r.checkpointPath(name))
	if err == nil {
		return c, true, nil
	}
	if name == Last && !errors.Is(err, fs.ErrNotExist) {
		if previous, err2 := readCheckpoint(r.checkpointPath(Last + ".previous")); err2 == nil {
			return previous, true, fmt.Errorf("%w; fell back to the checkpoint before it, of epoch %d", err, len(previous.State.History))
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

type tensorHeader struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// encode returns the file: the header's length as a little-endian uint64, the header as JSON, the tensors' bytes.
func (c Checkpoint) encode() ([]byte, error) {
	header := map[string]any{}
	size, crc := 0, crc32.NewIEEE()
	for _, t := range c.Tensors {
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		header[t.Name] = tensorHeader{t.DType, shape, [2]int{size, size + len(t.Data)}}
		size += len(t.Data)
		crc.Write(t.Data) // a hash never fails
	}
	state, err := json.Marshal(c.State)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	header["__metadata__"] = map[string]string{"state": string(state), "crc32": fmt.Sprintf("%08x", crc.Sum32())}
	head, err := json.Marshal(header)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	data := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(head)+size), uint64(len(head)))
	data = append(data, head...)
	for _, t := range c.Tensors {
		data = append(data, t.Data...)
	}
	return data, nil
}

func readCheckpoint(path string) (Checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Checkpoint{}, err
	}
	return decodeCheckpoint(data, path)
}

// decodeCheckpoint is the inverse of encode. The tensors share data's memory.
func decodeCheckpoint(data []byte, path string) (Checkpoint, error) {
	bad := func(got, want string, err error) (Checkpoint, error) {
		return Checkpoint{}, &CheckpointError{path, got, want, err}
	}
	if len(data) < 8 {
		return bad(fmt.Sprintf("%d bytes", len(data)), "a header of 8 or more", nil)
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return bad(fmt.Sprintf("a header of %d bytes in a file of %d", n, len(data)), "a whole file", nil)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &raw); err != nil {
		return bad("a damaged header", "JSON", err)
	}
	body := data[8+n:]
	var meta struct{ State, CRC32 string }
	if err := json.Unmarshal(raw["__metadata__"], &meta); err != nil {
		return bad("no metadata of ours", "a checkpoint of this project", err)
	}
	if sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)); sum != meta.CRC32 {
		return bad(fmt.Sprintf("tensors of %d bytes with checksum %s", len(body), sum), meta.CRC32+" (the file is cut or damaged)", nil)
	}
	var c Checkpoint
	if err := json.Unmarshal([]byte(meta.State), &c.State); err != nil {
		return bad("a damaged state", "JSON", err)
	}
	delete(raw, "__metadata__")
	for name, r := range raw {
		var h tensorHeader
		if err := json.Unmarshal(r, &h); err != nil {
			return bad("a damaged header of tensor "+name, "JSON", err)
		}
		if h.Offsets[0] < 0 || h.Offsets[1] < h.Offsets[0] || h.Offsets[1] > len(body) {
			return bad(fmt.Sprintf("tensor %s at bytes %v of %d", name, h.Offsets, len(body)), "a place inside the file", nil)
		}
		c.Tensors = append(c.Tensors, Tensor{name, h.DType, h.Shape, body[h.Offsets[0]:h.Offsets[1]]})
	}
	return c, nil
}
