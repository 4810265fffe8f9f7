package hyperband

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"fashionlab/fashion/disk"
)

// UnderWay is what a worker does in a search that several machines share.
type UnderWay struct {
	Worker string `json:"worker"` // such as its machine and process
	Trial  int    `json:"trial"`
	Done   int    `json:"done"` // epochs so far
	Epochs int    `json:"epochs"`
}

func (u UnderWay) String() string {
	return fmt.Sprintf("%s: trial %d, %d of %d epochs", u.Worker, u.Trial, u.Done, u.Epochs)
}

// underwayFile stands beside the journal, which says nothing of trainings under way.
const underwayFile = "underway.json"

// Stale is the age at which what WriteUnderWay wrote no longer counts: the process that keeps the journal may have been killed.
const Stale = 30 * time.Second

// underway is the content of the file.
type underway struct {
	At        time.Time  `json:"at"`
	Trainings []UnderWay `json:"trainings"`
}

func (s Search[C]) underwayFile() string { return filepath.Join(filepath.Dir(s.Journal), underwayFile) }

// WriteUnderWay says which trainings are under way, for those who read the journal meanwhile; without any it removes the file.
func (s Search[C]) WriteUnderWay(list []UnderWay) error {
	if len(list) == 0 {
		return disk.Remove(s.underwayFile())
	}
	data, err := json.MarshalIndent(underway{time.Now().UTC().Truncate(time.Second), list}, "", " ")
	if err != nil {
		return err
	}
	return disk.Replace(s.underwayFile(), append(data, '\n'))
}

// ReadUnderWay returns what WriteUnderWay wrote, unless that is stale.
func (s Search[C]) ReadUnderWay() ([]UnderWay, error) {
	data, err := disk.ReadFile(s.underwayFile(), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var u underway
	if err == nil {
		err = json.Unmarshal(data, &u)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.underwayFile(), err)
	}
	if time.Since(u.At) > Stale {
		return nil, nil
	}
	return u.Trainings, nil
}
