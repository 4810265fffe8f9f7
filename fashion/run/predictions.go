package run

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/compact"
	"fashionlab/fashion/internal/npz"
)

// Predictions are a model's outputs for a list of images. On disk they are an npz file, a zip of NumPy arrays:
// mask bool [last position + 1], true for the n images; labels uint8 [n] (uint16 for more than 256 classes); probabilities float32 [n, classes].
// Published ones of up to compact.MaxClasses classes have, in place of probabilities, roots uint8 [n, classes]: 255 for the most probable class, which has the rest, and
// of the others 255 times the fourth root of the probability, where 0 stands for a half.
type Predictions struct {
	Indices       []int32         // positions of the images in the file of training or of test images, ascending
	Labels        []fashion.Label // true classes
	Probabilities [][]float32     // one row per image, of as many classes each, summing to 1
	Classes       fashion.Classes // their names, which are in the run's record; nil for Fashion-MNIST
}

// NumClasses is the number of classes.
func (p Predictions) NumClasses() int {
	if len(p.Probabilities) > 0 {
		return len(p.Probabilities[0])
	}
	return p.Classes.Len()
}

// Names of the splits that predictions are made for.
const (
	Validation = "validation"
	Test       = "test"
)

// Predicted returns the most probable class of row i; the first of equals.
func (p Predictions) Predicted(i int) fashion.Label { return ArgMax(p.Probabilities[i]) }

// ArgMax returns the class of a row's largest value, a logit or a probability; the first of equals.
func ArgMax(row []float32) fashion.Label {
	best := 0
	for class, v := range row {
		if v > row[best] {
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

func predictionsFile(split string) string { return filepath.Join(predictionsDir, split+".npz") }

// SavePredictions saves the predictions for a split, Validation or Test. Their indices must ascend.
func (r *Run) SavePredictions(split string, p Predictions) error {
	n := len(p.Labels)
	if len(p.Indices) != n || len(p.Probabilities) != n {
		return fmt.Errorf("predictions of %d indices, %d labels and %d rows, want as many of each", len(p.Indices), n, len(p.Probabilities))
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("predictions for the %s images: %w", split, err)
	}
	data, err := npz.Encode(p.arrays())
	if err != nil {
		return err
	}
	return r.write(predictionsFile(split), data)
}

// arrays are the predictions as their file has them.
func (p Predictions) arrays() []npz.Array {
	return tables{p.Indices, p.Labels, slices.Concat(p.Probabilities...)}.arrays(p.NumClasses())
}

// published are the arrays of the predictions' file in a published run, a sixth as large.
func (p Predictions) published() []npz.Array {
	arrays, classes := p.arrays(), p.NumClasses()
	if classes > compact.MaxClasses {
		return arrays
	}
	return append(arrays[:2], compact.Array(compact.Of(p.Probabilities), len(p.Labels), classes))
}

// tables are predictions without rows.
type tables struct {
	indices       []int32
	labels        []fashion.Label
	probabilities []float32 // row after row
}

// arrays are the arrays of a file.
func (t tables) arrays(classes int) []npz.Array {
	n := len(t.labels)
	return []npz.Array{
		npz.Mask("mask", t.indices),
		npz.Labels("labels", t.labels, classes, n),
		{Name: "probabilities", DType: "<f4", Shape: []int{n, classes}, Data: t.probabilities},
	}
}

// readIndices reads the indices of n images. Files of earlier versions have them as they are.
func readIndices(file npz.File, n int) ([]int32, error) {
	indices, err := file.Mask("mask", n)
	if errors.Is(err, fs.ErrNotExist) {
		indices = make([]int32, n)
		err = file.Read(npz.Array{Name: "indices", DType: "<i4", Shape: []int{n}, Data: indices})
	}
	return indices, err
}

// ascending reports the first index that is not larger than the one before.
func ascending(indices []int32) error {
	last := int32(-1)
	for row, index := range indices {
		if index <= last {
			return fmt.Errorf("the index of row %d is %d, want %d or more: indices ascend", row, index, last+1)
		}
		last = index
	}
	return nil
}

// rounding bounds how far a row's sum may be from 1.
const rounding = 1e-4

// check reports the first value that no model predicts.
func (p Predictions) check() error {
	classes := p.NumClasses()
	for i, label := range p.Labels {
		if int(label) >= classes {
			return fmt.Errorf("label %d is %d, want 0 to %d", i, label, classes-1)
		}
		if len(p.Probabilities[i]) != classes {
			return fmt.Errorf("row %d has the probabilities of %d classes, want %d as row 0", i, len(p.Probabilities[i]), classes)
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
	return ascending(p.Indices)
}

// Predictions reads the saved predictions for a split.
func (r *Run) Predictions(split string) (Predictions, error) {
	name := predictionsFile(split)
	data, err := r.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no predictions for the %s images: %w", split, err)
	}
	if err != nil {
		return Predictions{}, err
	}
	p, err := decodePredictions(data)
	if want := r.Record.Classes.Len(); err == nil && len(p.Labels) > 0 && p.NumClasses() != want {
		err = fmt.Errorf("it has the probabilities of %d classes, want %d", p.NumClasses(), want)
	}
	if err != nil {
		return Predictions{}, r.corrupt(name, err)
	}
	p.Classes = r.Record.Classes
	return p, nil
}

// maxRows and maxValues, of probabilities, bound what a corrupt file can make us allocate.
const (
	maxRows   = 1 << 20
	maxValues = 16 << 20
)

func decodePredictions(data []byte) (Predictions, error) {
	file, err := npz.Open(data)
	if err != nil {
		return Predictions{}, err
	}
	shape, err := file.Shape("probabilities", maxRows, fashion.MaxClasses)
	published := errors.Is(err, fs.ErrNotExist)
	if published {
		shape, err = compact.Shape(file, maxRows)
	}
	if err != nil {
		return Predictions{}, err
	}
	rows, classes := shape[0], shape[1]
	if rows*classes > maxValues {
		return Predictions{}, fmt.Errorf("array probabilities has the shape %v, want at most %d values", shape, maxValues)
	}
	t := tables{labels: make([]fashion.Label, rows), probabilities: make([]float32, rows*classes)}
	if t.indices, err = readIndices(file, rows); err != nil {
		return Predictions{}, err
	}
	if err := npz.ReadLabels(file, "labels", t.labels, classes, rows); err != nil {
		return Predictions{}, err
	}
	if published {
		err = compact.Read(file, t.probabilities, rows, classes)
	} else {
		err = file.Read(t.arrays(classes)[2])
	}
	if err != nil {
		return Predictions{}, err
	}
	p := Predictions{Indices: t.indices, Labels: t.labels, Probabilities: rowsOf(t.probabilities, rows, classes)}
	return p, p.check()
}

// NewRows returns rows of zeros, [n, classes].
func NewRows(n, classes int) [][]float32 { return rowsOf(make([]float32, n*classes), n, classes) }

// rowsOf are values, row after row, as n rows.
func rowsOf(values []float32, n, classes int) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = values[i*classes : (i+1)*classes : (i+1)*classes]
	}
	return rows
}

// Pick copies the given rows, in their order.
func (p Predictions) Pick(rows []int) Predictions {
	q := Predictions{Classes: p.Classes}
	for _, i := range rows {
		q.Indices, q.Labels, q.Probabilities = append(q.Indices, p.Indices[i]), append(q.Labels, p.Labels[i]), append(q.Probabilities, slices.Clone(p.Probabilities[i]))
	}
	return q
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
