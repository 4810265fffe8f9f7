package demo

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
)

// Predictions are an ensemble's for some images. Their indices are the positions in the list of images; all labels are 0.
type Predictions struct {
	Ensemble run.Predictions   // soft voting, scaled by the temperature
	Members  []run.Predictions // of each member, not scaled
}

// Prediction is an ensemble's for one photo.
type Prediction struct {
	Prepared      photo.Prepared
	Probabilities []float32   // of the ensemble
	Members       [][]float32 // of each member
	Decision      Decision
	Reason        string  // why the class is not accepted
	Score         float64 // out-of-distribution score, the larger the less like the validation images: see metrics.FisherScore
}

// Explanation is a prediction with what explains it: Grad-CAM and the features of the first member.
type Explanation struct {
	Prediction
	near         *Neighbours   // that the decision took into account
	GradCAM      []float32     // heat map, 0 to 1, row by row
	GradCAMClass fashion.Label // the ensemble's, which the heat map is for
	Features     []float32     // what the first member's last layer reads
}

// Predict runs all members on images of the shape of Fashion-MNIST and combines them by soft voting.
func (e *Ensemble) Predict(images []fashion.Image) (Predictions, error) {
	return e.predict(fashion.Set{Images: images})
}

func (e *Ensemble) predict(images fashion.Set) (Predictions, error) {
	p := Predictions{Members: make([]run.Predictions, len(e.Members))}
	failed := make([]error, len(e.Members))
	var wait sync.WaitGroup
	for i, m := range e.Members {
		wait.Go(func() {
			p.Members[i] = run.Predictions{Labels: make([]fashion.Label, images.Len()), Indices: make([]int32, images.Len())}
			for k := range p.Members[i].Indices {
				p.Members[i].Indices[k] = int32(k)
			}
			p.Members[i].Probabilities, failed[i] = m.model.ProbabilitiesOf(images)
		})
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return p, err
	}
	combined, err := ensemble.SoftVote(e.weights(), p.Members...)
	if err != nil {
		return p, err
	}
	p.Ensemble = metrics.Tempered(combined, e.Temperature)
	return p, nil
}

// Explain predicts and explains photos.
func (e *Ensemble) Explain(photos []photo.Prepared) ([]Explanation, error) {
	predictions, err := e.predictPhotos(photos)
	if err != nil {
		return nil, err
	}
	var classes []fashion.Label
	for _, p := range predictions {
		classes = append(classes, run.ArgMax(p.Probabilities))
	}
	seen, err := e.Members[0].model.GradCAMOf(e.images(photos), classes...)
	if err != nil {
		return nil, err
	}
	if len(seen.Maps) != len(photos) || len(seen.Features) != len(photos) {
		return nil, errors.New("the first member explained another number of images than it was given")
	}
	list, near := make([]Explanation, len(photos)), e.near.Load()
	for i, p := range predictions {
		e.decide(&p, near, seen.Features[i])
		list[i] = Explanation{p, near, seen.Maps[i], classes[i], seen.Features[i]}
	}
	return list, nil
}

// Features are what the first member's last layer reads, a row for each image of the shape of Fashion-MNIST.
func (e *Ensemble) Features(images []fashion.Image) ([][]float32, error) {
	return e.features(fashion.Set{Images: images})
}

func (e *Ensemble) features(images fashion.Set) ([][]float32, error) {
	seen, err := e.Members[0].model.EmbedOf(images)
	return seen.Features, err
}

// Classify predicts photos and decides whether their classes are accepted.
func (e *Ensemble) Classify(photos []photo.Prepared) ([]Prediction, error) {
	list, err := e.predictPhotos(photos)
	if err != nil {
		return nil, err
	}
	features, near := make([][]float32, len(photos)), e.near.Load()
	if near != nil {
		if features, err = e.features(e.images(photos)); err != nil {
			return nil, err
		}
	}
	for i := range list {
		e.decide(&list[i], near, features[i])
	}
	return list, nil
}

// predictPhotos predicts photos, without a decision.
func (e *Ensemble) predictPhotos(photos []photo.Prepared) ([]Prediction, error) {
	all, err := e.predict(e.images(photos))
	if err != nil {
		return nil, err
	}
	list := make([]Prediction, len(photos))
	for i, ph := range photos {
		list[i] = Prediction{Prepared: ph, Probabilities: all.Ensemble.Probabilities[i]}
		for _, m := range all.Members {
			list[i].Members = append(list[i].Members, m.Probabilities[i])
		}
	}
	return list, nil
}

// decide makes the decision about a photo with those features of the first member, which are not needed without neighbours.
func (e *Ensemble) decide(p *Prediction, near *Neighbours, features []float32) {
	class := Ranking(p.Probabilities)[0]
	judge, found := e.judge, evidence{confidence: float64(p.Probabilities[class]), agreement: agreementOf(p.Members, class)}
	if near != nil {
		judge, found.similarity, found.closeness = near.judge, near.Similarity(features), -near.Distance(features)
	}
	p.Decision, p.Reason, p.Score = judge.decide(found, p.Prepared.Doubt)
}

// Ranking lists the classes, the most probable first.
func Ranking(probabilities []float32) []fashion.Label {
	list := make([]fashion.Label, len(probabilities))
	for i := range list {
		list[i] = fashion.Label(i)
	}
	slices.SortStableFunc(list, func(x, y fashion.Label) int { return cmp.Compare(probabilities[y], probabilities[x]) })
	return list
}

// Confidence is the probability of the most probable class, for each image.
func Confidence(p run.Predictions) []float64 {
	var list []float64
	for i, row := range p.Probabilities {
		list = append(list, float64(row[p.Predicted(i)]))
	}
	return list
}

// readPhoto decodes the file of a photo within the limits and prepares it. A file that is no usable picture is a *photo.Error. It ends
// with the context.
func (e *Ensemble) readPhoto(ctx context.Context, r io.Reader, limits photo.Limits) (photo.Prepared, error) {
	img, err := photo.Decode(ctx, r, limits)
	if err != nil {
		return photo.Prepared{}, err
	}
	return e.prepare(img)
}

// images are photos as the models read them.
func (e *Ensemble) images(photos []photo.Prepared) fashion.Set {
	s := fashion.Set{Shape: e.shape}
	for _, ph := range photos {
		if e.shape == (fashion.Shape{}) {
			s.Images = append(s.Images, ph.Image)
		} else {
			s.Pictures = append(s.Pictures, ph.Picture)
		}
	}
	return s
}
