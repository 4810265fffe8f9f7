package run

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/npz"
)

// EpochPredictions are the classes that a model predicts for the validation images after each epoch. So an epoch can be chosen on some of the images and its model
// judged on the others. On disk they are an npz file: mask bool [last position + 1], true for the n images; labels uint8 [n]; epochs uint8 [n, epochs] (both uint16 for more than 256 classes).
// Images change their class seldom, so that a row of epochs takes half the space of a row of images (classes [epochs, n] in files of earlier versions).
type EpochPredictions struct {
	Indices []int32           // positions of the images in the file of training images, ascending
	Labels  []fashion.Label   // true classes
	Classes [][]fashion.Label // a row per epoch
}

var epochsFile = filepath.Join(predictionsDir, "epochs.npz")

// KeepEpoch adds what the model predicts for the validation images after an epoch, 1 for the first, in place of what there is of this epoch and later ones. Where what it predicted after
// an earlier epoch is missing, nothing is kept: the run was begun before there was this file, or was extended.
func (r *Run) KeepEpoch(epoch int, indices []int32, labels, classes []fashion.Label) error {
	p := EpochPredictions{Indices: indices, Labels: labels}
	if epoch > 1 {
		before, err := r.readEpochs()
		if err != nil || len(before.Classes) < epoch-1 || !slices.Equal(before.Indices, indices) {
			return nil
		}
		p.Classes = before.Classes[:epoch-1]
	}
	p.Classes = append(p.Classes, classes)
	if err := p.check(r.Record.Classes.Len()); err != nil {
		return fmt.Errorf("predictions after epoch %d: %w", epoch, err)
	}
	data, err := npz.Encode(p.arrays(r.Record.Classes.Len()))
	if err != nil {
		return err
	}
	return r.write(epochsFile, data)
}

// EpochPredictions reads what the model predicted after each epoch of the history. The error of a run that has not kept it wraps fs.ErrNotExist.
func (r *Run) EpochPredictions() (EpochPredictions, error) {
	p, err := r.readEpochs()
	if err == nil && len(p.Classes) != len(r.History) {
		err = fmt.Errorf("%s: no predictions of each epoch: %w", r.Dir, fs.ErrNotExist)
	}
	return p, err
}

func (r *Run) readEpochs() (EpochPredictions, error) {
	data, err := r.readFile(epochsFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no predictions of each epoch: %w", err)
	}
	if err != nil {
		return EpochPredictions{}, err
	}
	p, err := decodeEpochs(data, r.Record.Classes.Len())
	if err != nil {
		return EpochPredictions{}, r.corrupt(epochsFile, err)
	}
	return p, nil
}

// maxEpochs bounds what a corrupt file can make us allocate.
const maxEpochs = 1 << 14

func decodeEpochs(data []byte, classes int) (p EpochPredictions, err error) {
	file, err := npz.Open(data)
	if err != nil {
		return p, err
	}
	name := "epochs"
	shape, err := file.Shape(name, maxRows, maxEpochs)
	if errors.Is(err, fs.ErrNotExist) {
		name = "classes"
		shape, err = file.Shape(name, maxEpochs, maxRows)
	}
	if err != nil {
		return p, err
	}
	if shape[0]*shape[1] > 1<<30 {
		return p, fmt.Errorf("array %s has the shape %v, want fewer values", name, shape)
	}
	n, epochs := shape[0], shape[1]
	if name == "classes" {
		n, epochs = epochs, n
	}
	if p.Indices, err = readIndices(file, n); err != nil {
		return p, err
	}
	p.Labels = make([]fashion.Label, n)
	if err := npz.ReadLabels(file, "labels", p.Labels, classes, n); err != nil {
		return p, err
	}
	flat := make([]fashion.Label, epochs*n)
	if err := npz.ReadLabels(file, name, flat, classes, shape...); err != nil {
		return p, err
	}
	if name == "epochs" {
		flat = transposed(flat, epochs)
	}
	p.Classes = slices.Collect(slices.Chunk(flat, max(n, 1)))
	return p, p.check(classes)
}

// arrays are the predictions as their file has them.
func (p EpochPredictions) arrays(classes int) []npz.Array {
	n := len(p.Labels)
	return []npz.Array{
		npz.Mask("mask", p.Indices),
		npz.Labels("labels", p.Labels, classes, n),
		npz.Labels("epochs", transposed(slices.Concat(p.Classes...), n), classes, n, len(p.Classes)),
	}
}

// transposed are the columns of a matrix, row after row, one after the other.
func transposed(matrix []fashion.Label, columns int) []fashion.Label {
	out := make([]fashion.Label, 0, len(matrix))
	for c := range columns {
		for i := c; i < len(matrix); i += columns {
			out = append(out, matrix[i])
		}
	}
	return out
}

// check reports rows of another length, and the first value that is none of so many classes.
func (p EpochPredictions) check(classes int) error {
	n := len(p.Labels)
	if len(p.Indices) != n {
		return fmt.Errorf("%d indices and %d labels, want as many of both", len(p.Indices), n)
	}
	for e, row := range append([][]fashion.Label{p.Labels}, p.Classes...) {
		if len(row) != n {
			return fmt.Errorf("epoch %d has %d classes, want %d", e, len(row), n)
		}
		if i := slices.IndexFunc(row, func(c fashion.Label) bool { return int(c) >= classes }); i >= 0 {
			return fmt.Errorf("image %d of epoch %d, 0 being the labels, has the class %d, want 0 to %d", i, e, row[i], classes-1)
		}
	}
	return ascending(p.Indices)
}
