package demo

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"path"
	"path/filepath"

	"fashionlab/fashion/run"
)

// The JSON of the responses to the page.
type (
	ensembleJSON struct {
		Classes     []string     `json:"classes"`
		Members     []memberJSON `json:"members"`
		Temperature float64      `json:"temperature"`   // by which the ensemble is calibrated
		Own         bool         `json:"own,omitempty"` // a data set of one's own
		MaxBytes    int64        `json:"max_bytes"`     // of a file
		Directions  int          `json:"directions"`    // latent directions of the generator; 0 without one
	}
	memberJSON struct {
		Title      string     `json:"title"`
		Run        string     `json:"run"`
		Published  bool       `json:"published"`
		Weight     float64    `json:"weight"`
		Accuracy   [3]float64 `json:"test_accuracy"` // value, low, high
		Parameters int        `json:"parameters"`
		Epochs     int        `json:"epochs"`
	}
	explanationJSON struct {
		Warnings      []string        `json:"warnings,omitempty"` // what is wrong with the file
		Probabilities []float32       `json:"probabilities"`
		Members       [][]float32     `json:"members"`
		Decision      Decision        `json:"decision"`
		Reason        string          `json:"reason,omitempty"`
		Steps         []stepJSON      `json:"steps"`
		GradCAM       string          `json:"grad_cam"` // a picture of the model's side to lay over the last step
		GradCAMClass  string          `json:"grad_cam_class"`
		Neighbours    []neighbourJSON `json:"neighbours"`    // null while they are being prepared, and without them
		NoNeighbours  bool            `json:"no_neighbours"` // there will be none
	}
	stepJSON struct {
		Name  string `json:"name"`
		Note  string `json:"note"`
		Image string `json:"image"`
	}
	neighbourJSON struct {
		Label      string  `json:"label"`
		Similarity float64 `json:"similarity"` // cosine
		Image      string  `json:"image"`
	}
)

// describe is the ensemble for the page.
func (e *Ensemble) describe() ensembleJSON {
	j := ensembleJSON{Own: e.Data.Set != "", Classes: e.Classes.Names(), Temperature: e.Temperature}
	for _, m := range e.Members {
		j.Members = append(j.Members, memberJSON{m.Title, m.Name(), m.Run.Published, m.Weight, [3]float64{m.Test.Value, m.Test.Low, m.Test.High}, m.Run.Record.Parameters, len(m.Run.History)})
	}
	return j
}

// describe is an explanation for the page, with the nearest neighbours once they are prepared.
func (s *Server) describe(e Explanation) explanationJSON {
	j := explanationJSON{Probabilities: e.Probabilities, Members: e.Members, Decision: e.Decision, Reason: e.Reason, GradCAM: DataURI(heatMap(e.GradCAM, s.ensemble.shape.Dimensions()[0])),
		GradCAMClass: s.ensemble.Classes.Name(e.GradCAMClass), NoNeighbours: s.noNeighbours.Load()}
	for _, step := range e.Prepared.Steps {
		j.Steps = append(j.Steps, stepJSON{step.Name, step.Note, DataURI(step.Image)})
	}
	if n := e.near; n != nil {
		j.Neighbours = []neighbourJSON{}
		for _, near := range n.Nearest(e.Features, nearestShown) {
			j.Neighbours = append(j.Neighbours, neighbourJSON{s.ensemble.Classes.Name(near.Label), near.Similarity, DataURI(n.set.Shape.Image(n.set.At(near.Row)))})
		}
	}
	return j
}

// heatMap is a heat map as a picture: transparent at 0, orange at 1.
func heatMap(values []float32, side int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i, v := range values {
		img.SetNRGBA(i%side, i/side, color.NRGBA{255, 120, 0, uint8(200 * v)})
	}
	return img
}

// DataURI is a picture as the address of an image element.
func DataURI(img image.Image) string {
	var file bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&file, img); err != nil {
		panic(err) // a buffer takes everything, and the pictures are our own
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())
}

// Name is the name of a member's run in its store; of a run elsewhere the last two folders of its path.
func (m Member) Name() string {
	store := run.Local()
	if m.Run.Published {
		store = run.Published()
	}
	if name, err := store.Name(m.Run); err == nil && filepath.IsLocal(name) {
		return name
	}
	dir := filepath.ToSlash(m.Run.Dir)
	return path.Join(path.Base(path.Dir(dir)), path.Base(dir))
}
