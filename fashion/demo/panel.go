// Package demo asks trained models about photos: from the command line, in a notebook, or on a web page that it serves.
package demo

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
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
	Run    *run.Run       // a published one comes with the project
	Weight float64        // of the vote; those of all members sum to 1
	Test   score.Interval // its accuracy on the test images

	model *train.Model
}

// candidates are the models that may answer, by their recipes, the preferred first.
var candidates = []study.Voter{
	{Name: "residual network", Recipes: []string{"residual"}},
	{Name: "CNN", Recipes: []string{"cnn-augmented", "cnn"}},
	{Name: "ResNet50", Recipes: []string{"resnet50-small-stem", "resnet50-augmented", "resnet50"}},
	{Name: "ConvNeXt", Recipes: []string{"convnext", "convnext-transfer"}},
}

// leastWeight is that of a member that is worth its time.
const leastWeight = 0.02

// Open brings together the finished runs that have weights, of each model the best place first: this machine's at full scale, a published one, this machine's
// quick one. How much each counts is fitted on the validation images that all know. A run that cannot be used is left out; warn is told why.
func Open(warn func(error)) (*Panel, error) {
	var joined []score.Member
	models := map[*run.Run]*train.Model{}
	for _, c := range candidates {
		for _, place := range places(c) {
			together, r, err := joinOne(joined, c.Name, place)
			if errors.Is(err, run.ErrNotFound) {
				continue
			}
			var m *train.Model
			if err == nil {
				m, err = train.Load(r)
			}
			if err != nil {
				warn(fmt.Errorf("the %s does not answer: %w", c.Name, err))
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
func places(c study.Voter) (list []place) {
	for _, p := range []place{{run.Local(), study.Full, ""}, {run.Published(), study.Full, ""}, {run.Local(), study.Quick, ""}} {
		for _, recipe := range c.Recipes {
			list = append(list, place{p.store, p.profile, recipe})
		}
	}
	return list
}

// opened are runs by their names.
type opened map[string]*run.Run

// Open returns the run of a name, which must be among them.
func (o opened) Open(name string) (*run.Run, error) { return o[name], nil }

// joinOne brings the run of a place together with members. One without weights, unfinished or never tested counts as not there; so does one that learned
// from few of the images: the validation images that it shares with others are too few to fit anything on.
func joinOne(members []score.Member, name string, p place) ([]score.Member, *run.Run, error) {
	r, err := p.store.Open(p.profile.Run(p.recipe))
	if err != nil {
		return nil, nil, err
	}
	if !r.Finished() || !r.HasCheckpoint(run.Best) || len(r.Record.TestOpened) == 0 || r.Recipe.Data.Limit > 0 {
		return nil, nil, run.ErrNotFound
	}
	voters, runs := []study.Voter{}, opened{}
	for _, m := range members {
		voters = append(voters, study.Voter{Name: m.Name, Recipes: []string{m.Name}})
		runs[p.profile.Run(m.Name)] = m.Run
	}
	voters, runs[p.profile.Run(name)] = append(voters, study.Voter{Name: name, Recipes: []string{name}}), r
	together, err := score.Join(voters, p.profile, runs)
	return together, r, err
}

// weigh makes a panel of members, without their models: those that hardly count are left out.
func weigh(joined []score.Member) (*Panel, error) {
	weights, err := score.FitWeights(score.Part(joined, run.Validation)...)
	if err != nil {
		return nil, err
	}
	heaviest := slices.Max(weights)
	var kept []score.Member
	for i, m := range joined {
		if weights[i] >= leastWeight*heaviest {
			kept = append(kept, m)
		}
	}
	if weights, err = score.FitWeights(score.Part(kept, run.Validation)...); err != nil {
		return nil, err
	}
	held, err := score.Vote(weights, score.Part(kept, run.Validation)...)
	if err != nil {
		return nil, err
	}
	p := &Panel{Temperature: score.Temperature(held)}
	for i, m := range kept {
		p.Members = append(p.Members, Member{Title: m.Name, Run: m.Run, Weight: weights[i], Test: score.Accuracy(score.Part(kept, run.Test)[i])})
	}
	p.Unsure = score.Percentile(Confidence(score.Tempered(held, p.Temperature)), 5)
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
	vote, err := score.Vote(p.weights(), v.Members...)
	if err != nil {
		return v, err
	}
	v.Vote = score.Tempered(vote, p.Temperature)
	return v, nil
}
