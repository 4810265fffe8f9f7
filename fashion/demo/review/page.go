package review

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"image"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/draw"

	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/photo"
)

//go:embed page.html
var page []byte

// The JSON of the responses to the page.
type (
	reviewJSON struct {
		Classes  []string      `json:"classes"`
		Out      string        `json:"out"`      // folder of the labels, as a shell reads it
		Pictures []pictureJSON `json:"pictures"` // the least certain first
		Left     int           `json:"left"`     // files that cannot be used
		Fewest   int           `json:"fewest"`   // pictures of a class to train on
	}
	pictureJSON struct {
		Name     string        `json:"name"`
		Likely   []likelyJSON  `json:"likely"` // the most probable classes
		Decision demo.Decision `json:"decision"`
		Reason   string        `json:"reason,omitempty"`
		Choice   string        `json:"choice"` // see Open and Skipped
	}
	likelyJSON struct {
		Class       string  `json:"class"`
		Probability float32 `json:"probability"`
	}
	shownJSON struct {
		Picture string `json:"picture"` // address of an image
		Model   string `json:"model"`   // what the model reads
	}
	choiceJSON struct {
		Picture int    `json:"picture"`
		Choice  string `json:"choice"`
	}
)

// likely is how many classes the page offers by number, as many as there are digits.
const likely = 10

// shownSide is how many pixels the longer side of a picture has on the page at most.
const shownSide = 640

// Mount adds the page to a server of the demo, at /review.
func (r *Review) Mount(s *demo.Server) {
	s.Handle("GET /review", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page) // an error means that the client is gone
	})
	s.Handle("GET /api/review", func(w http.ResponseWriter, _ *http.Request) { answer(w, r.describe(), nil) })
	s.Handle("GET /api/review/picture", func(w http.ResponseWriter, q *http.Request) {
		i, err := strconv.Atoi(q.URL.Query().Get("i"))
		if err != nil || i < 0 || i >= len(r.items) {
			answer(w, nil, fmt.Errorf("picture %q of %d", q.URL.Query().Get("i"), len(r.items)))
			return
		}
		shown, err := r.show(q.Context(), i)
		answer(w, shown, err)
	})
	s.Handle("POST /api/review", func(w http.ResponseWriter, q *http.Request) {
		var c choiceJSON
		err := json.NewDecoder(http.MaxBytesReader(w, q.Body, 16<<10)).Decode(&c)
		if err == nil {
			err = r.Choose(c.Picture, c.Choice)
		}
		answer(w, c, err)
	})
}

// answer writes a response, or the error in its place.
func answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		status, v = http.StatusUnprocessableEntity, map[string]string{"error": err.Error()}
	}
	demo.WriteJSON(w, status, v)
}

// describe is the review for the page.
func (r *Review) describe() reviewJSON {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	j := reviewJSON{Classes: r.Classes, Out: quoted(r.out), Left: len(r.Left), Fewest: dataset.FewestToDivide}
	for _, it := range r.items {
		p := pictureJSON{Name: text.Shown(it.name), Decision: it.prediction.Decision, Reason: it.prediction.Reason, Choice: r.saved.Choices[it.name]}
		ranking := demo.Ranking(it.prediction.Probabilities)
		for _, class := range ranking[:min(likely, len(ranking))] {
			p.Likely = append(p.Likely, likelyJSON{r.Classes[class], it.prediction.Probabilities[class]})
		}
		j.Pictures = append(j.Pictures, p)
	}
	return j
}

// quoted is a word as a shell reads it: in single quotes if it has other characters than those of plain paths.
func quoted(word string) string {
	if !plain.MatchString(word) {
		word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

var plain = regexp.MustCompile(`^[\w/.,:@%+=-]+$`)

// show draws a picture for the page, whatever its format, and what the model reads of it.
func (r *Review) show(ctx context.Context, i int) (shownJSON, error) {
	it := r.items[i]
	data, err := r.readPicture(it.name)
	if err != nil {
		return shownJSON{}, err
	}
	img, err := photo.Decode(ctx, bytes.NewReader(data), photo.DefaultLimits())
	if err != nil {
		return shownJSON{}, err
	}
	if b := img.Bounds(); max(b.Dx(), b.Dy()) > shownSide {
		scale := float64(shownSide) / float64(max(b.Dx(), b.Dy()))
		small := image.NewNRGBA(image.Rect(0, 0, max(1, int(scale*float64(b.Dx()))), max(1, int(scale*float64(b.Dy())))))
		draw.ApproxBiLinear.Scale(small, small.Rect, img, b, draw.Src, nil)
		img = small
	}
	steps := it.prediction.Prepared.Steps
	return shownJSON{demo.DataURI(img), demo.DataURI(steps[len(steps)-1].Image)}, nil
}
