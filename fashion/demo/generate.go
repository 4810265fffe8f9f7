package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/photo"
)

// generator makes items for the page: the generator of a GAN with its first latent directions.
type generator struct {
	*gan.Generator
	directions [][]float32
}

const (
	shownDirections = 6
	maxStep         = 6    // along a direction, to either side
	maxSeed         = 1e9  // so that JavaScript's numbers hold it
	maxRequestBytes = 4096 // of a request to generate
)

// generateRequest asks for an item of a class, or for one between it and a target: another item, of the same or another class.
type generateRequest struct {
	Class       int       `json:"class"`
	Seed        uint64    `json:"seed"` // of the latent
	TargetClass int       `json:"target_class"`
	TargetSeed  uint64    `json:"target_seed"`
	Fraction    float64   `json:"fraction"` // of the interpolation from the item to the target, [0, 1]
	Steps       []float64 `json:"steps"`    // along the latent directions
}

// generateResponse is a generated item with the ensemble's prediction.
type generateResponse struct {
	Image         string    `json:"image"`
	Probabilities []float32 `json:"probabilities"`
}

// AddGenerator adds generated items to the page.
func (s *Server) AddGenerator(g *gan.Generator) error {
	directions, err := g.Directions()
	if err != nil {
		return err
	}
	added := &generator{g, directions[:min(shownDirections, len(directions))]}
	if _, err := s.generate(added, generateRequest{}); err != nil { // compiles the graphs
		return err
	}
	s.generator.Store(added)
	return nil
}

// check reports what is out of range.
func (r generateRequest) check(directions int) error {
	switch {
	case r.Class < 0 || r.Class >= fashion.NumClasses || r.TargetClass < 0 || r.TargetClass >= fashion.NumClasses:
		return fmt.Errorf("the classes are %d and %d, want 0 to %d", r.Class, r.TargetClass, fashion.NumClasses-1)
	case r.Seed > maxSeed || r.TargetSeed > maxSeed:
		return fmt.Errorf("the seeds are %d and %d, want 0 to %.0f", r.Seed, r.TargetSeed, maxSeed)
	case !(r.Fraction >= 0 && r.Fraction <= 1):
		return fmt.Errorf("the fraction is %v, want 0 to 1", r.Fraction)
	case len(r.Steps) > directions:
		return fmt.Errorf("%d steps along directions, want %d at most", len(r.Steps), directions)
	}
	for i, step := range r.Steps {
		if !(math.Abs(step) <= maxStep) {
			return fmt.Errorf("the step along direction %d is %v, want -%d to %d", i+1, step, maxStep, maxStep)
		}
	}
	return nil
}

// generate makes the item of a request and predicts its class.
func (s *Server) generate(g *generator, r generateRequest) (generateResponse, error) {
	item := func(class int, seed uint64) gan.Code {
		return gan.CodeOf(g.Latents(1, seed)[0], fashion.Label(class))
	}
	code := item(r.Class, r.Seed).Interpolate(item(r.TargetClass, r.TargetSeed), r.Fraction)
	for i, step := range r.Steps {
		code = code.Step(g.directions[i], step)
	}
	images, err := g.Images([]gan.Code{code})
	if err != nil {
		return generateResponse{}, err
	}
	p, err := s.ensemble.Predict(images)
	if err != nil {
		return generateResponse{}, err
	}
	return generateResponse{DataURI(photo.Grey(images[0])), p.Ensemble.Probabilities[0]}, nil
}

// decodeRequest decodes a request that is one JSON value, with no field that it does not know.
func decodeRequest(body []byte, request *generateRequest) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(request); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

// handleGenerate serves POST /api/generate.
func (s *Server) handleGenerate(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	g := s.generator.Load()
	if g == nil {
		writeError(w, http.StatusNotFound, "no generator is loaded; the demo's terminal says why")
		return
	}
	body, free, err := s.readBody(w, r, maxRequestBytes)
	defer free()
	if errors.Is(err, errBusy) {
		writeBusy(w)
		return
	}
	var request generateRequest
	if err == nil {
		err = decodeRequest(body, &request)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "the request's JSON is not valid: "+err.Error())
		return
	}
	if err := request.check(len(g.directions)); err != nil {
		writeError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	done, err := s.enqueue()
	if err != nil {
		writeBusy(w)
		return
	}
	defer done()
	made, err := s.generate(g, request)
	if err != nil {
		log.Printf("demo: %v", err)
		writeError(w, http.StatusInternalServerError, failedText)
		return
	}
	WriteJSON(w, http.StatusOK, made)
}
