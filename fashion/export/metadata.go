// Package export writes networks for other programs: as ONNX files, and their parameters as safetensors files.
package export

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strconv"

	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Metadata is what a file says of the run of that name that it comes from: "run", the name; "recipe" as JSON and "recipe_sha256" of that text; "classes", their names
// as a JSON list; and, of a classifier that was tested, "accuracy" on so many "test_images", with the 95% interval from "accuracy_low" to "accuracy_high".
func Metadata(name string, r *run.Run) (map[string]string, error) {
	recipe, err := json.Marshal(r.Recipe)
	if err != nil {
		return nil, err
	}
	classes, err := json.Marshal(r.Record.Classes.Names())
	if err != nil {
		return nil, err
	}
	m := map[string]string{"run": name, "recipe": string(recipe), "recipe_sha256": manifest.Digest(recipe), "classes": string(classes)}
	p, err := r.Predictions(run.Test)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	accuracy := metrics.Accuracy(p)
	decimal := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	m["accuracy"], m["accuracy_low"], m["accuracy_high"], m["test_images"] = decimal(accuracy.Value), decimal(accuracy.Low), decimal(accuracy.High), strconv.Itoa(len(p.Labels))
	return m, nil
}
