// Package demo asks trained models about photos: from the command line, in a notebook, or on a web page that it serves.
package demo

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Panel is the trained models that answer, with their weights in the vote.
type Panel struct {
	Members     []Member // the one with the largest weight first
	Temperature float64  // by which the vote's probabilities are tempered
	Unsure      float64  // an answer whose probability is lower is a guess: so are one in twenty of the validation images
}

// Member is a trained model of a panel.
type Member struct {
	Title  string
	Run    *run.Run         // a published one comes with the project
	Weight float64          // of the vote; those of all members sum to 1
	Test   metrics.Interval // its accuracy on the test images

	model *infer.Model
}

// candidate is a model that may answer, by the recipes that train it, the preferred first.
type candidate struct {
	title   string
	recipes []string
}

var candidates = []candidate{
	{"residual network", []string{"residual"}},
	{"CNN", []string{"cnn-augmented", "cnn"}},
	{"ResNet50", []string{"resnet50-small-stem", "resnet50-augmented", "resnet50"}},
	{"ConvNeXt", []string{"convnext", "convnext-transfer"}},
}

// leastWeight is that of a member that is worth its time.
const leastWeight = 0.02

// Open brings together the finished runs that have weights, of each model the best place first: this machine's at full scale, a published one, this machine's
// quick one. How much each counts is fitted on the validation images that all know. A run that cannot be used is left out; warn is told why.
func Open(warn func(error)) (*Panel, error) {
	var joined ensemble.Members
	models := map[*run.Run]*infer.Model{}
	for _, c := range candidates {
		for _, place := range places(c) {
			r, err := place.open()
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
				warn(fmt.Errorf("the %s does not answer: %w", c.title, err))
				continue
			}
			joined, models[r] = together, m
			break
		}
	}
	if len(joined) == 0 {
		return nil, fmt.Errorf("no trained model has its weights here; train one with: %s", study.Quick.Command("cnn"))
	}
	p, err := weigh(joined)
	if err != nil {
		return nil, err
	}
	for i := range p.Members {
		p.Members[i].model = models[p.Members[i].Run]
	}
	return p, nil
}

// place is where a candidate's run may be.
type place struct {
	store   run.Store
	profile study.Profile
	recipe  string
}

// places lists those of a candidate, the best first.
func places(c candidate) (list []place) {
	for _, p := range []place{{run.Local(), study.Full, ""}, {run.Published(), study.Full, ""}, {run.Local(), study.Quick, ""}} {
		for _, recipe := range c.recipes {
			list = append(list, place{p.store, p.profile, recipe})
		}
	}
	return list
}

// open opens the run of a place. One without weights, unfinished or never tested counts as not there; so does one that learned from few of the images: the
// validation images that it has in common with others are too few to fit anything on.
func (p place) open() (*run.Run, error) {
	r, err := p.store.Open(p.profile.Run(p.recipe))
	if err != nil {
		return nil, err
	}
	if !r.Finished() || !r.HasCheckpoint(run.Best) || len(r.Record.TestOpened) == 0 || r.Recipe.Data.Limit > 0 {
		return nil, run.ErrNotFound
	}
	return r, nil
}

// weigh makes a panel of members, without their models: those that hardly count are left out.
func weigh(joined ensemble.Members) (*Panel, error) {
	weights, err := ensemble.FitWeights(joined.Validation()...)
	if err != nil {
		return nil, err
	}
	heaviest := slices.Max(weights)
	var kept ensemble.Members
	for i, m := range joined {
		if weights[i] >= leastWeight*heaviest {
			kept = append(kept, m)
		}
	}
	if weights, err = ensemble.FitWeights(kept.Validation()...); err != nil {
		return nil, err
	}
	validation, err := ensemble.SoftVote(weights, kept.Validation()...)
	if err != nil {
		return nil, err
	}
	p := &Panel{Temperature: metrics.Temperature(validation)}
	for i, m := range kept {
		p.Members = append(p.Members, Member{Title: m.Name, Run: m.Run, Weight: weights[i], Test: metrics.Accuracy(kept.Test()[i])})
	}
	p.Unsure = metrics.Percentile(Confidence(metrics.Tempered(validation, p.Temperature)), 5)
	slices.SortStableFunc(p.Members, func(a, b Member) int { return cmp.Compare(b.Weight, a.Weight) })
	return p, nil
}

func (p *Panel) weights() []float64 {
	var weights []float64
	for _, m := range p.Members {
		weights = append(weights, m.Weight)
	}
	return weights
}

// Warm compiles what answering needs, so that the first visitor does not wait for it.
func (p *Panel) Warm() error {
	for _, n := range []int{1, 2} {
		if _, err := p.Answers(make([]photo.Prepared, n)); err != nil {
			return err
		}
	}
	return nil
}

// Votes are what a panel says of some images.
type Votes struct {
	Vote    run.Predictions   // of the panel, tempered; the indices are the positions, there are no labels
	Members []run.Predictions // of each member
}

// Vote asks all members about images.
func (p *Panel) Vote(images []fashion.Image) (Votes, error) {
	v := Votes{Members: make([]run.Predictions, len(p.Members))}
	failed := make([]error, len(p.Members))
	var wait sync.WaitGroup
	for i, m := range p.Members {
		wait.Go(func() {
			v.Members[i] = run.Predictions{Labels: make([]fashion.Label, len(images)), Indices: make([]int32, len(images))}
			for k := range images {
				v.Members[i].Indices[k] = int32(k)
			}
			v.Members[i].Probabilities, failed[i] = m.model.Probabilities(images)
		})
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return v, err
	}
	vote, err := ensemble.SoftVote(p.weights(), v.Members...)
	if err != nil {
		return v, err
	}
	v.Vote = metrics.Tempered(vote, p.Temperature)
	return v, nil
}
