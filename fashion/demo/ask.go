package demo

import (
	"errors"
	"os"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
)

// File is a file with what a panel says about it.
type File struct {
	Path     string
	Err      error // why it cannot be used
	Prepared photo.Prepared
	Vote     [fashion.NumClasses]float32   // the panel's probabilities
	Members  [][fashion.NumClasses]float32 // those of each member
	Unsure   bool
}

// Ask asks about files of photos. A file that cannot be used has an error in its place.
func (p *Panel) Ask(paths []string) ([]File, error) {
	files := make([]File, len(paths))
	var images []fashion.Image
	var rows []int // of the images, in files
	for i, path := range paths {
		files[i].Path = path
		files[i].Prepared, files[i].Err = readFile(path)
		if files[i].Err == nil {
			images, rows = append(images, files[i].Prepared.Image), append(rows, i)
		}
	}
	votes, err := p.Vote(images)
	if err != nil {
		return nil, err
	}
	for k, i := range rows {
		f := &files[i]
		f.Vote = votes.Vote.Probabilities[k]
		f.Unsure = p.IsUnsure(f.Vote)
		for _, m := range votes.Members {
			f.Members = append(f.Members, m.Probabilities[k])
		}
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
	return Read(f, photo.Usual)
}

// Confidence is the probability of the most probable class, for each image.
func Confidence(p run.Predictions) []float64 {
	var list []float64
	for i, row := range p.Probabilities {
		list = append(list, float64(row[p.Predicted(i)]))
	}
	return list
}
