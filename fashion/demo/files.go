package demo

import (
	"bytes"
	"context"
	"errors"
	"os"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/photo"
)

// File is a file of a photo with its prediction.
type File struct {
	Path     string
	Err      error    // why there is no prediction
	Warnings []string // what is wrong with it, though there is one
	Prediction
}

// PredictFiles predicts files of photos. The Err of a file says why it cannot be used; the error is of the models.
func (e *Ensemble) PredictFiles(paths []string) ([]File, error) {
	files := make([]File, len(paths))
	var photos []photo.Prepared
	var rows []int // of the photos, in files
	for i, path := range paths {
		prepared, warnings, err := e.readFile(path)
		files[i].Path, files[i].Warnings, files[i].Err = path, warnings, err
		if err == nil {
			photos, rows = append(photos, prepared), append(rows, i)
		}
	}
	predictions, err := e.Classify(photos)
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		files[i].Prediction = predictions[k]
	}
	return files, nil
}

func (e *Ensemble) readFile(path string) (photo.Prepared, []string, error) {
	limits := photo.DefaultLimits()
	data, err := disk.ReadFile(path, limits.Bytes)
	if err != nil {
		if named, ok := errors.AsType[*os.PathError](err); ok {
			err = named.Err // the path stands beside it
		}
		return photo.Prepared{}, nil, err
	}
	prepared, err := e.readPhoto(context.Background(), bytes.NewReader(data), limits)
	if err != nil {
		return photo.Prepared{}, nil, err
	}
	return prepared, photo.Warnings(data), nil
}
