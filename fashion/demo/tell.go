package demo

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"path"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// The JSON that the page is written for.
type (
	panelJSON struct {
		Classes []string     `json:"classes"`
		Members []memberJSON `json:"members"`
		Unsure  float64      `json:"unsure_below"`
		Bytes   int64        `json:"most_bytes"` // of a file
		Knobs   int          `json:"knobs"`      // with which a made item can be changed; 0 if none can be made
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
	answerJSON struct {
		Probabilities [fashion.NumClasses]float32   `json:"probabilities"`
		Members       [][fashion.NumClasses]float32 `json:"members"`
		Unsure        bool                          `json:"unsure"`
		Steps         []stepJSON                    `json:"steps"`
		Map           string                        `json:"map"` // a picture of 28x28 pixels to lay over the last step
		Predicted     string                        `json:"map_of"`
		Neighbours    []neighbourJSON               `json:"neighbours"` // null while they are being prepared, and if there will be none
		Without       bool                          `json:"without"`    // there will be none
		Strange       bool                          `json:"strange"`    // none is very much like it
	}
	stepJSON struct {
		Name  string `json:"name"`
		Note  string `json:"note"`
		Image string `json:"image"`
	}
	neighbourJSON struct {
		Label string  `json:"label"`
		Alike float64 `json:"alike"` // cosine
		Image string  `json:"image"`
	}
)

// describe says who answers.
func (p *Panel) describe() panelJSON {
	j := panelJSON{Unsure: p.Unsure}
	for i := range fashion.NumClasses {
		j.Classes = append(j.Classes, fashion.Label(i).String())
	}
	for _, m := range p.Members {
		j.Members = append(j.Members, memberJSON{m.Title, m.Name(), m.Run.Published, m.Weight, [3]float64{m.Test.Value, m.Test.Low, m.Test.High}, m.Run.Record.Parameters, len(m.Run.History)})
	}
	return j
}

// tell is an answer for the page.
func (s *Server) tell(a Answer) answerJSON {
	j := answerJSON{Probabilities: a.Vote, Members: a.Members, Unsure: a.Unsure, Map: dataURI(heat(a.Map)), Predicted: a.Predicted.String(), Without: s.failed.Load()}
	for _, step := range a.Prepared.Steps {
		j.Steps = append(j.Steps, stepJSON{step.Name, step.Note, dataURI(step.Image)})
	}
	if n := s.neighbours.Load(); n != nil {
		j.Neighbours = []neighbourJSON{}
		nearest := n.Nearest(a.Features, shownNeighbours)
		for _, near := range nearest {
			j.Neighbours = append(j.Neighbours, neighbourJSON{near.Label.String(), near.Alike, dataURI(photo.Grey(near.Image))})
		}
		j.Strange = alike(nearest) < n.Strange
	}
	return j
}

// heat is a map as a picture: transparent at 0, orange at 1.
func heat(values [fashion.Pixels]float32) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, fashion.Side, fashion.Side))
	for i, v := range values {
		img.SetNRGBA(i%fashion.Side, i/fashion.Side, color.NRGBA{255, 120, 0, uint8(200 * v)})
	}
	return img
}

// dataURI is a picture inside a page.
func dataURI(img image.Image) string {
	var file bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&file, img); err != nil {
		panic(err) // a buffer takes everything, and the pictures are our own
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())
}

// Name is a member's run as the study names it.
func (m Member) Name() string {
	dir := filepath.ToSlash(m.Run.Dir)
	return path.Join(path.Base(path.Dir(dir)), path.Base(dir))
}
