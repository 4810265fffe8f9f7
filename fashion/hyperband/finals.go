package hyperband

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"fashionlab/fashion/disk"
)

// Finals are the final accuracies of a search's trials on images on which no objective was measured.
type Finals struct {
	Images  int         `json:"images"`
	Correct map[int]int `json:"correct"` // images that are classified correctly, by the trial's ID
}

// finalsFile stands beside the journal.
const finalsFile = "finals.json"

// FinalsFile is the file of a search's Finals.
func (s Search[C]) FinalsFile() string { return filepath.Join(filepath.Dir(s.Journal), finalsFile) }

// ReadFinals reads what WriteFinals wrote; without a file there are none yet.
func (s Search[C]) ReadFinals() (f Finals, err error) {
	data, err := disk.ReadFile(s.FinalsFile(), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	trials := Cost(s.Brackets).Trials
	for id, correct := range f.Correct {
		if err == nil && (id < 1 || id > trials || f.Images < 1 || correct < 0 || correct > f.Images) {
			err = fmt.Errorf("trial %d has %d of %d images, want a trial from 1 to %d and 0 to all of 1 image or more", id, correct, f.Images, trials)
		}
	}
	if err != nil {
		return Finals{}, fmt.Errorf("%s: %w; remove the file: the next search makes it anew", s.FinalsFile(), err)
	}
	return f, nil
}

// WriteFinals replaces the file.
func (s Search[C]) WriteFinals(f Finals) error {
	data, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return disk.Replace(s.FinalsFile(), append(data, '\n'))
}

// Recorded are the learning curves of the trials that were trained to the end, and of those that cannot be trained; others are left out, so that an unfinished search has
// some as well. A trial whose final accuracy is not known is left out, too.
func (s State[C]) Recorded(f Finals) (r Recorded) {
	for _, t := range s.Trials {
		correct, known := f.Correct[t.ID]
		switch {
		case t.Status == Failed:
			r.Curves, r.Final = append(r.Curves, nil), append(r.Final, 0)
		case t.Status == Finished && t.Same == 0 && known:
			r.Curves, r.Final = append(r.Curves, t.Scores), append(r.Final, float64(correct)/float64(f.Images))
		}
	}
	return r
}
