package demo

import (
	"errors"
	"os"

	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
)

// File is a file with what a panel says about it.
type File struct {
	Path string
	Err  error // why it cannot be used
	Opinion
}

// Ask asks about files of photos. A file that cannot be used has an error in its place.
func (p *Panel) Ask(paths []string) ([]File, error) {
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
	opinions, err := p.opinions(photos)
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		files[i].Opinion = opinions[k]
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
	return Read(f, photo.DefaultLimits())
}

// Confidence is the probability of the most probable class, for each image.
func Confidence(p run.Predictions) []float64 {
	var list []float64
	for i, row := range p.Probabilities {
		list = append(list, float64(row[p.Predicted(i)]))
	}
	return list
}
