package run

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/npz"
)

// Predictions are a model's outputs for a list of images. On disk they are an npz file, a zip of NumPy arrays:
// indices int32 [n], labels uint8 [n], probabilities float32 [n, 10].
type Predictions struct {
	Indices       []int32                       // positions of the images in the file of training or of test images
	Labels        []fashion.Label               // true classes
	Probabilities [][fashion.NumClasses]float32 // one row per image, summing to 1
}

// Names of the parts that predictions are made for.
const (
	Validation = "validation"
	Test       = "test"
)

// Predicted returns the most probable class of row i; the first of equals.
func (p Predictions) Predicted(i int) fashion.Label {
	best := 0
	for class, v := range p.Probabilities[i] {
		if v > p.Probabilities[i][best] {
			best = class
		}
	}
	return fashion.Label(best)
}

// Correct is the number of images whose most probable class is the true one.
func (p Predictions) Correct() int {
	n := 0
	for i, label := range p.Labels {
		if p.Predicted(i) == label {
			n++
		}
	}
	return n
}

func predictionsFile(part string) string { return filepath.Join(predictionsDir, part+".npz") }

// SavePredictions saves the predictions for a part.
func (r *Run) SavePredictions(part string, p Predictions) error {
	n := len(p.Labels)
	if len(p.Indices) != n || len(p.Probabilities) != n {
		return fmt.Errorf("predictions of %d indices, %d labels and %d rows, want as many of each", len(p.Indices), n, len(p.Probabilities))
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("predictions for the %s images: %w", part, err)
	}
	data, err := npz.Encode(p.arrays())
	if err != nil {
		return err
	}
	return r.write(predictionsFile(part), data)
}

// arrays are the predictions as their file has them.
func (p Predictions) arrays() []npz.Array {
	n := len(p.Labels)
	return []npz.Array{
		{Name: "indices", DType: "<i4", Shape: fmt.Sprintf("(%d,)", n), Data: p.Indices},
		{Name: "labels", DType: "|u1", Shape: fmt.Sprintf("(%d,)", n), Data: p.Labels},
		{Name: "probabilities", DType: "<f4", Shape: fmt.Sprintf("(%d, %d)", n, fashion.NumClasses), Data: p.Probabilities},
	}
}

// rounding bounds how far a row's sum may be from 1.
const rounding = 1e-4

// check reports the first value that no model predicts.
func (p Predictions) check() error {
	for i, label := range p.Labels {
		if label >= fashion.NumClasses {
			return fmt.Errorf("label %d is %d, want 0 to %d", i, label, fashion.NumClasses-1)
		}
		sum := 0.0
		for class, v := range p.Probabilities[i] {
			if !(v >= 0 && v <= 1+rounding) {
				return fmt.Errorf("the probability of class %d in row %d is %v, want 0 to 1", class, i, v)
			}
			sum += float64(v)
		}
		if math.Abs(sum-1) > rounding {
			return fmt.Errorf("the probabilities of row %d sum to %v, want 1", i, sum)
		}
	}
	sorted := slices.Sorted(slices.Values(p.Indices))
	for i, index := range sorted {
		if index < 0 || i > 0 && index == sorted[i-1] {
			return fmt.Errorf("the index %d is negative or occurs twice", index)
		}
	}
	return nil
}

// Predictions reads the saved predictions for a part.
func (r *Run) Predictions(part string) (Predictions, error) {
	name := predictionsFile(part)
	data, err := r.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no predictions for the %s images: %w", part, err)
	}
	if err != nil {
		return Predictions{}, err
	}
	p, err := decodePredictions(data)
	if err != nil {
		return Predictions{}, r.corrupt(name, err)
	}
	return p, nil
}

// maxRows bounds what a corrupt file can make us allocate.
const maxRows = 1 << 20

func decodePredictions(data []byte) (Predictions, error) {
	file, err := npz.Open(data)
	if err != nil {
		return Predictions{}, err
	}
	rows, err := file.Rows("probabilities", maxRows)
	if err != nil {
		return Predictions{}, err
	}
	p := Predictions{make([]int32, rows), make([]fashion.Label, rows), make([][fashion.NumClasses]float32, rows)}
	for _, a := range p.arrays() {
		if err := file.Read(a); err != nil {
			return Predictions{}, err
		}
	}
	return p, p.check()
}

// Pick copies the given rows, in their order.
func (p Predictions) Pick(rows []int) Predictions {
	var q Predictions
	for _, i := range rows {
		q.Indices, q.Labels, q.Probabilities = append(q.Indices, p.Indices[i]), append(q.Labels, p.Labels[i]), append(q.Probabilities, p.Probabilities[i])
	}
	return q
}

// Rounded returns the predictions as they are published, in a third of the space: multiples of 2^-16, at least half of that, and the same predicted classes where rows sum to 1 within 2^-17.
func (p Predictions) Rounded() Predictions {
	const unit = 1.0 / (1 << 16)
	p.Probabilities = slices.Clone(p.Probabilities)
	for i, row := range p.Probabilities {
		best := p.Predicted(i)
		rest, most := 1.0, float64(row[best])-5*unit // the largest loses less to the others, and stays the largest
		for class, v := range row {
			if fashion.Label(class) != best {
				row[class] = float32(max(unit/2, unit*math.Floor(min(float64(v), most)/unit)))
				rest -= float64(row[class])
			}
		}
		row[best] = float32(rest)
		p.Probabilities[i] = row
	}
	return p
}

// Without returns the predictions without the images of those indices in their file. An index that is not there changes nothing.
func (p Predictions) Without(indices []int32) Predictions {
	out := map[int32]bool{}
	for _, index := range indices {
		out[index] = true
	}
	var rows []int
	for i, index := range p.Indices {
		if !out[index] {
			rows = append(rows, i)
		}
	}
	return p.Pick(rows)
}
