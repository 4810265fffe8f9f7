package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/photo"
)

// maker makes items for the page with the generator of a GAN.
type maker struct {
	generator  *gan.Generator
	directions [][]float32 // of the knobs
}

const (
	knobs         = 6
	farthestKnob  = 6    // how far a knob can be turned to either side
	makeBytes     = 4096 // of a wish at most
	mostItemsMade = 1e9  // numbers of items
)

// wish is what a visitor wants to be made: an item of a class, or one on the way to another.
type wish struct {
	Class  int       `json:"class"`
	Item   uint64    `json:"item"` // each number is another item
	Toward int       `json:"toward_class"`
	Other  uint64    `json:"toward_item"`
	Share  float64   `json:"share"` // of the way, [0, 1]
	Knobs  []float64 `json:"knobs"`
}

// madeJSON is a made item, and what the panel says of it.
type madeJSON struct {
	Image         string                      `json:"image"`
	Probabilities [fashion.NumClasses]float32 `json:"probabilities"`
}

// MakeItems has the page make items with a generator, too.
func (s *Server) MakeItems(g *gan.Generator) error {
	directions, err := g.Directions()
	if err != nil {
		return err
	}
	m := &maker{g, directions[:min(knobs, len(directions))]}
	if _, _, err := s.make(m, wish{}); err != nil { // compiles what making needs
		return err
	}
	s.maker.Store(m)
	return nil
}

// check reports what cannot be made.
func (w wish) check(m *maker) error {
	switch {
	case w.Class < 0 || w.Class >= fashion.NumClasses || w.Toward < 0 || w.Toward >= fashion.NumClasses:
		return fmt.Errorf("the classes are %d and %d, want 0 to %d", w.Class, w.Toward, fashion.NumClasses-1)
	case w.Item > mostItemsMade || w.Other > mostItemsMade:
		return fmt.Errorf("the items are %d and %d, want numbers to %.0f", w.Item, w.Other, mostItemsMade)
	case !(w.Share >= 0 && w.Share <= 1):
		return fmt.Errorf("the share is %v, want 0 to 1", w.Share)
	case len(w.Knobs) > len(m.directions):
		return fmt.Errorf("%d knobs, want %d at most", len(w.Knobs), len(m.directions))
	}
	for i, by := range w.Knobs {
		if !(math.Abs(by) <= farthestKnob) {
			return fmt.Errorf("knob %d is turned by %v, want %d at most to either side", i+1, by, farthestKnob)
		}
	}
	return nil
}

// make makes what is wished, and asks the panel about it.
func (s *Server) make(m *maker, w wish) (fashion.Image, Votes, error) {
	item := func(class int, number uint64) gan.Code {
		return gan.CodeOf(m.generator.Latents(1, number)[0], fashion.Label(class))
	}
	code := item(w.Class, w.Item).Interpolate(item(w.Toward, w.Other), w.Share)
	for i, by := range w.Knobs {
		code = code.Step(m.directions[i], by)
	}
	images, err := m.generator.Images([]gan.Code{code})
	if err != nil {
		return fashion.Image{}, Votes{}, err
	}
	votes, err := s.panel.Vote(images)
	return images[0], votes, err
}

// made answers a wish.
func (s *Server) made(w http.ResponseWriter, r *http.Request) {
	done, ok := s.admitted(w, r)
	if !ok {
		return
	}
	defer done()
	m := s.maker.Load()
	if m == nil {
		refuse(w, http.StatusNotFound, "there is no generator here; the demo's terminal says why")
		return
	}
	var asked wish
	d := json.NewDecoder(io.LimitReader(r.Body, makeBytes))
	d.DisallowUnknownFields()
	if err := d.Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "the wish is no JSON of ours: "+err.Error())
		return
	}
	if err := asked.check(m); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	image, votes, err := s.make(m, asked)
	if err != nil {
		log.Printf("demo: %v", err)
		refuse(w, http.StatusInternalServerError, failedText)
		return
	}
	send(w, http.StatusOK, madeJSON{dataURI(photo.Grey(image)), votes.Vote.Probabilities[0]})
}
