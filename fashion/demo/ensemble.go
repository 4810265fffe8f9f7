// Package demo classifies photos with an ensemble of trained models: files, images, or uploads to a web page that it serves.
package demo

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync/atomic"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Ensemble is trained models that predict together by soft voting.
type Ensemble struct {
	Members     []Member // first the one that has the largest weight as fitted, in whose features neighbours are searched
	Temperature float64  // of temperature scaling, fitted on the validation images

	Data    recipes.Data    // what the members learned
	Classes fashion.Classes // nil for Fashion-MNIST
	fit     string          // how photos are prepared for a data set of one's own, see package pictures
	shape   fashion.Shape   // of the images that the members read

	indices    []int32    // of the validation images, in the file of training images
	validation []evidence // of these, without similarities
	judge      judge      // by these
	near       atomic.Pointer[Neighbours]
}

// Member is a trained model of an ensemble.
type Member struct {
	Title  string
	Run    *run.Run         // a published one comes with the project
	Weight float64          // in soft voting; those of all members sum to 1
	Test   metrics.Interval // accuracy on the test images, a fraction

	model *infer.Model
}

// candidate is a model that may be a member, with the recipes that train it, the preferred first.
type candidate struct {
	title   string
	recipes []string
}

var candidates = []candidate{
	{"residual network", []string{"residual"}},
	{forPhotos, []string{"residual-photos"}},
	{"CNN", []string{"cnn-augmented", "cnn"}},
	{"ResNet50", []string{"resnet50-small-stem", "resnet50-augmented", "resnet50"}},
	{"ConvNeXt", []string{"convnext", "convnext-transfer"}},
}

// forPhotos is the network that learned photos. It has at least photoWeight of the votes: the validation images, on which the weights are fitted, are no photos. Of 4,950 photos of 150
// validation images the two published networks classified 4,426 correctly where it had 0.4 of the votes, 4,491 with 0.5, 4,508 with 0.6 and with 0.7; of the 12,000 validation images
// themselves 0.9513, 0.9505, 0.9514 and 0.9502. The members keep the order of the fitted weights, so that this alone
// does not make it the first, in whose features line drawings are separated from items less well.
const (
	forPhotos   = "residual network for photos"
	photoWeight = 0.6
)

// minWeight is the weight, as a fraction of the largest, below which a member is left out.
const minWeight = 0.02

// Open loads the ensemble of the finished and tested runs that have weights, for each model the first that exists of these: this machine's full run, a
// published one, this machine's quick run. The weights of the members are fitted on the validation images that they have in common. A run that cannot
// be used is left out, and warn gets the reason. It is an error if there is no run at all.
func Open(warn func(error)) (*Ensemble, error) {
	var joined ensemble.Members
	models := map[*run.Run]*infer.Model{}
	for _, c := range candidates {
		for _, source := range sources(c) {
			r, err := source.open()
			if errors.Is(err, run.ErrNotFound) {
				continue
			}
			var together ensemble.Members
			if err == nil {
				together, err = ensemble.Join(append(joined, ensemble.Member{Name: c.title, Run: r})...)
			}
			var m *infer.Model
			if err == nil {
				m, err = infer.Load(r)
			}
			if err != nil {
				warn(fmt.Errorf("the %s is left out: %w", c.title, err))
				continue
			}
			joined, models[r] = together, m
			break
		}
	}
	if len(joined) == 0 {
		return nil, fmt.Errorf("no trained model has its weights here; train one with: %s", study.Quick.Command("cnn"))
	}
	e, err := weigh(joined)
	if err != nil {
		return nil, err
	}
	for i := range e.Members {
		e.Members[i].model = models[e.Members[i].Run]
	}
	return e, nil
}

// OpenRun loads the model of one run, finished and tested, as an ensemble of it alone. It may have learned a data set of one's own. own contains the user-defined network that the recipe
// names, if any; without it the call is an error.
func OpenRun(r *run.Run, name string, own ...recipes.Own) (*Ensemble, error) {
	m, err := infer.Load(r, own...)
	if err != nil {
		return nil, err
	}
	joined, err := ensemble.Join(ensemble.Member{Name: name, Run: r})
	if err != nil {
		return nil, err
	}
	e, err := weigh(joined)
	if err != nil {
		return nil, err
	}
	e.Members[0].model = m
	e.Data, e.Classes, e.fit, e.shape = r.Recipe.Data, r.Record.Classes, r.Record.Fit, m.Shape()
	return e, nil
}

// prepare prepares a photo as the pictures of the data set were.
func (e *Ensemble) prepare(img image.Image) (photo.Prepared, error) {
	if e.Data.Set == "" {
		return photo.Prepare(img)
	}
	return pictures.Preparation{Fit: e.fit, Shape: e.shape}.Prepare(img)
}

// source is where a candidate's run may be.
type source struct {
	store   run.Store
	profile study.Profile
	recipe  string
}

// sources lists those of a candidate, the best first.
func sources(c candidate) (list []source) {
	for _, s := range []source{{run.Local(), study.Full, ""}, {run.Published(), study.Full, ""}, {run.Local(), study.Quick, ""}} {
		for _, recipe := range c.recipes {
			list = append(list, source{s.store, s.profile, recipe})
		}
	}
	return list
}

// open opens the run of a source. A run that is unfinished, was never tested or has no weights counts as not found; so does one of a limited number
// of images, which has too few validation images in common with the others.
func (s source) open() (*run.Run, error) {
	r, err := s.store.Open(s.profile.Run(s.recipe))
	if err != nil {
		return nil, err
	}
	if !r.Finished() || !r.HasCheckpoint(run.Best) || len(r.Record.TestOpened) == 0 || r.Recipe.Data.Limit > 0 {
		return nil, run.ErrNotFound
	}
	return r, nil
}

// weigh makes an ensemble of members, without their models, and leaves out those of little weight.
func weigh(joined ensemble.Members) (*Ensemble, error) {
	weights, err := ensemble.LogLossWeights(joined.Validation()...)
	if err != nil {
		return nil, err
	}
	largest := slices.Max(weights)
	var kept ensemble.Members
	for i, m := range joined {
		if weights[i] >= minWeight*largest {
			kept = append(kept, m)
		}
	}
	if weights, err = ensemble.LogLossWeights(kept.Validation()...); err != nil {
		return nil, err
	}
	kept, weights = kept.LargestFirst(weights)
	if i := slices.IndexFunc(kept, func(m ensemble.Member) bool { return m.Name == forPhotos }); i >= 0 {
		weights = ensemble.AtLeast(weights, i, photoWeight)
	}
	validation, err := ensemble.SoftVote(weights, kept.Validation()...)
	if err != nil {
		return nil, err
	}
	e := &Ensemble{Temperature: metrics.Temperature(validation)}
	for i, m := range kept {
		e.Members = append(e.Members, Member{Title: m.Name, Run: m.Run, Weight: weights[i], Test: metrics.Accuracy(kept.Test()[i])})
	}
	e.learn(metrics.Tempered(validation, e.Temperature), kept.Validation())
	return e, nil
}

// learn sets the thresholds of doubt from the validation images.
func (e *Ensemble) learn(validation run.Predictions, members []run.Predictions) {
	e.indices = validation.Indices
	for i, row := range validation.Probabilities {
		class := validation.Predicted(i)
		var rows [][]float32
		for _, m := range members {
			rows = append(rows, m.Probabilities[i])
		}
		e.validation = append(e.validation, evidence{confidence: float64(row[class]), agreement: agreementOf(rows, class)})
	}
	e.judge = newJudge(e.validation, len(members) > 1, false)
}

func (e *Ensemble) weights() []float64 {
	var weights []float64
	for _, m := range e.Members {
		weights = append(weights, m.Weight)
	}
	return weights
}

// Warm compiles the graphs of Explain for one and for few photos, so that the first request does not wait for it.
func (e *Ensemble) Warm() error {
	for _, n := range []int{1, 2} {
		if _, err := e.Explain(make([]photo.Prepared, n)); err != nil {
			return err
		}
	}
	return nil
}
