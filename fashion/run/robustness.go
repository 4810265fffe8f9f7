package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"fashionlab/fashion/internal/text"
)

// Robustness says which images of a split a run's model classifies correctly after each corruption. That is one bit an image, 40 kB for 10,000 images, and all that a paired
// comparison of two networks needs; probabilities, as they are published, would take 12 MB. On disk it is JSON, with the bits in base64.
type Robustness struct {
	Seed        uint64      `json:"seed"`   // of the corruptions' random draws
	Images      int         `json:"images"` // rows of the split's predictions, in their order
	Clean       Bits        `json:"clean"`  // without corruption
	Corruptions []Corrupted `json:"corruptions"`
}

// Corrupted is what a model makes of one corruption.
type Corrupted struct {
	Name      string    `json:"name"`
	Unit      string    `json:"unit"`
	Strengths []float64 `json:"strengths"` // from the mildest to the severest
	Correct   []Bits    `json:"correct"`   // for each strength
}

// Bits has a bit for each image, the lowest of each byte first: 1 if it is classified correctly.
type Bits []byte

// CorrectBits has a bit for each row of predictions.
func CorrectBits(p Predictions) Bits {
	bits := make(Bits, (len(p.Labels)+7)/8)
	for i, label := range p.Labels {
		if p.Predicted(i) == label {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}

// At reports whether image i is classified correctly.
func (b Bits) At(i int) bool { return b[i/8]>>(i%8)&1 == 1 }

// Correct is the number of images that are classified correctly, of n.
func (b Bits) Correct(n int) (correct int) {
	for i := range n {
		if b.At(i) {
			correct++
		}
	}
	return correct
}

const robustnessDir = "robustness"

func robustnessFile(split string) string { return filepath.Join(robustnessDir, split+".json") }

// SaveRobustness saves the robustness on a split, Validation or Test.
func (r *Run) SaveRobustness(split string, robustness Robustness) error {
	if err := robustness.check(); err != nil {
		return fmt.Errorf("robustness on the %s images: %w", split, err)
	}
	return r.saveJSON(robustnessFile(split), robustness)
}

// Robustness reads the robustness on a split. The error of a run whose robustness was not measured wraps fs.ErrNotExist.
func (r *Run) Robustness(split string) (robustness Robustness, err error) {
	name := robustnessFile(split)
	data, err := r.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the robustness on the %s images was not measured: %w", split, err)
	}
	if err != nil {
		return Robustness{}, err
	}
	if err = json.Unmarshal(data, &robustness); err == nil {
		err = robustness.check()
	}
	if err != nil {
		return Robustness{}, r.corrupt(name, err)
	}
	return robustness, nil
}

// check reports the first value that no measurement gives.
func (r Robustness) check() error {
	if found, ok := text.Hidden(r); ok {
		return fmt.Errorf("found %q, which a terminal would obey and not show", found)
	}
	if r.Images < 1 || len(r.Corruptions) == 0 {
		return fmt.Errorf("there are %d images and %d corruptions, want 1 or more of each", r.Images, len(r.Corruptions))
	}
	all := []Bits{r.Clean}
	for _, c := range r.Corruptions {
		if len(c.Strengths) == 0 || len(c.Correct) != len(c.Strengths) {
			return fmt.Errorf("%s has %d strengths and %d results, want as many, and 1 or more", c.Name, len(c.Strengths), len(c.Correct))
		}
		all = append(all, c.Correct...)
	}
	for _, bits := range all {
		if len(bits) != (r.Images+7)/8 {
			return fmt.Errorf("found %d bytes of bits for %d images, want %d", len(bits), r.Images, (r.Images+7)/8)
		}
	}
	return nil
}
