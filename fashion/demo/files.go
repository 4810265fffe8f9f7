package demo

import (
	"context"
	"errors"
	"os"

	"fashionlab/fashion/photo"
)

// File is a file of a photo with its prediction.
type File struct {
	Path string
	Err  error // why there is no prediction
	Prediction
}

// PredictFiles predicts files of photos. The Err of a file says why it cannot be used; the error is of the models.
func (e *Ensemble) PredictFiles(paths []string) ([]File, error) {
	files := make([]File, len(paths))
	var photos []photo.Prepared
	var rows []int // of the photos, in files
	for i, path := range paths {
		prepared, err := readFile(path)
		files[i].Path, files[i].Err = path, err
		if err == nil {
			photos, rows = append(photos, prepared), append(rows, i)
		}
	}
	predictions, err := e.predictPhotos(photos)
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		files[i].Prediction = predictions[k]
	}
	return files, nil
}

func readFile(path string) (photo.Prepared, error) {
	f, err := os.Open(path)
	if err != nil {
		if named, ok := errors.AsType[*os.PathError](err); ok {
			return photo.Prepared{}, named.Err // the path stands beside it
		}
		return photo.Prepared{}, err
	}
	defer f.Close()
	return readPhoto(context.Background(), f, photo.DefaultLimits())
}
