package report

import (
	"bytes"
	"encoding/csv"
	"strconv"

	"fashionlab/fashion/run"
)

// historyColumns are the header of the file of histories: those of run.Epoch by their names in JSON, after the run. A cell is empty where the run has no such value.
var historyColumns = []string{"run", "published", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "rate", "seconds", "images_per_second",
	"generator_loss", "frechet_distance", "classifier_accuracy", "diversity"}

// histories returns the histories of all runs of both stores as CSV, a row for each epoch. Runs that cannot be read are left out; Collect reports them.
func histories(s Stores) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{historyColumns}
	for _, store := range []run.Store{s.Local, s.Published} {
		runs, _ := store.List()
		for _, r := range runs {
			name, err := store.Name(r)
			if err != nil {
				return nil, err
			}
			for _, e := range r.History {
				rows = append(rows, append([]string{name, strconv.FormatBool(r.Published)}, cells(e)...))
			}
		}
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// cells are an epoch's columns. What a GAN or a classifier does not measure is empty.
func cells(e run.Epoch) []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	row := []string{strconv.Itoa(e.Epoch), number(e.Loss), number(e.Accuracy), number(e.ValidationLoss), number(e.ValidationAccuracy), number(e.LearningRate), number(e.Seconds), number(e.ImagesPerSecond)}
	s := e.Synthesis
	if s == (run.Synthesis{}) {
		return append(row, "", "", "", "")
	}
	row[3], row[4] = "", ""
	return append(row, number(s.GeneratorLoss), number(s.FrechetDistance), number(s.ClassifierAccuracy), number(s.Diversity))
}
