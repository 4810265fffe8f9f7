package demo

import (
	"cmp"
	"errors"
	"image"
	"io"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/photo"
)

// Opinion is what a panel says about a photo.
type Opinion struct {
	Prepared photo.Prepared
	Vote     [fashion.NumClasses]float32   // the panel's probabilities
	Members  [][fashion.NumClasses]float32 // those of each member
	Unsure   bool                          // the first class is a guess
}

// Answer is an opinion with its reasons.
type Answer struct {
	Opinion
	Map       [fashion.Pixels]float32 // where the first member sees the class that it predicts, 0 to 1, by Grad-CAM
	Predicted fashion.Label           // that class
	Features  []float32               // what the first member's last layer works on
}

// Ranking lists the classes, the most probable first.
func Ranking(probabilities [fashion.NumClasses]float32) []fashion.Label {
	list := make([]fashion.Label, fashion.NumClasses)
	for i := range list {
		list[i] = fashion.Label(i)
	}
	slices.SortStableFunc(list, func(x, y fashion.Label) int { return cmp.Compare(probabilities[y], probabilities[x]) })
	return list
}

// Read decodes a file of a photo, of at most those limits, and prepares it. What is no usable picture is a *photo.Error.
func Read(r io.Reader, limits photo.Limits) (photo.Prepared, error) {
	img, err := photo.Decode(r, limits)
	if err != nil {
		return photo.Prepared{}, err
	}
	return photo.Prepare(img)
}

// Answer is what the panel says about one picture.
func (p *Panel) Answer(img image.Image) (Answer, error) {
	prepared, err := photo.Prepare(img)
	if err != nil {
		return Answer{}, err
	}
	answers, err := p.Answers([]photo.Prepared{prepared})
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// Answers asks about several photos at once.
func (p *Panel) Answers(photos []photo.Prepared) ([]Answer, error) {
	opinions, err := p.opinions(photos)
	if err != nil {
		return nil, err
	}
	seen, err := p.Explain(images(photos))
	if err != nil {
		return nil, err
	}
	if len(seen.Maps) != len(photos) || len(seen.Features) != len(photos) {
		return nil, errors.New("the first member explained another number of images than it was given")
	}
	answers := make([]Answer, len(photos))
	for i, o := range opinions {
		answers[i] = Answer{o, seen.Maps[i], seen.Predicted[i], seen.Features[i]}
	}
	return answers, nil
}

// opinions are the panel's votes on photos.
func (p *Panel) opinions(photos []photo.Prepared) ([]Opinion, error) {
	votes, err := p.Vote(images(photos))
	if err != nil {
		return nil, err
	}
	opinions := make([]Opinion, len(photos))
	for i, ph := range photos {
		o := Opinion{Prepared: ph, Vote: votes.Vote.Probabilities[i]}
		for _, m := range votes.Members {
			o.Members = append(o.Members, m.Probabilities[i])
		}
		o.Unsure = p.IsUnsure(o.Vote)
		opinions[i] = o
	}
	return opinions, nil
}

func images(photos []photo.Prepared) []fashion.Image {
	var list []fashion.Image
	for _, ph := range photos {
		list = append(list, ph.Image)
	}
	return list
}

// Explain is what the first member sees in images.
func (p *Panel) Explain(images []fashion.Image) (infer.Explanation, error) {
	return p.Members[0].model.GradCAM(images)
}

// IsUnsure reports whether the most probable class is a guess.
func (p *Panel) IsUnsure(row [fashion.NumClasses]float32) bool {
	return float64(slices.Max(row[:])) < p.Unsure
}
