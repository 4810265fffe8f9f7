// Package demo asks trained models about photos: from the command line, in a notebook, or on a web page that it serves.
package demo

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
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
	Title     string
	Run       *run.Run
	Published bool           // it comes with the project
	Weight    float64        // of the vote; those of all members sum to 1
	Test      score.Interval // its accuracy on the test images

	model *train.Model
}

// candidates are the models that may answer, by their recipes, the preferred first.
var candidates = []recipes.Voter{
	{Name: "residual network", Recipes: []string{"residual"}},
	{Name: "CNN", Recipes: []string{"cnn-augmented", "cnn"}},
	{Name: "ResNet50", Recipes: []string{"resnet50-small-stem", "resnet50-augmented", "resnet50"}},
	{Name: "ConvNeXt", Recipes: []string{"convnext", "convnext-transfer"}},
}

// leastWeight is that of a member that is worth its time.
const leastWeight = 0.02

// Open brings together the finished runs that have weights, of each model the best place first: this machine's at full scale, a published one, this machine's
// quick one. How much each counts is fitted on the validation images that all know.
func Open() (*Panel, error) {
	var voters []recipes.Voter
	var failed []error
	for _, c := range candidates {
		for _, recipe := range c.Recipes {
			_, err := find(recipe)
			if err == nil {
				voters = append(voters, recipes.Voter{Name: c.Name, Recipes: []string{recipe}})
				break
			}
			if !errors.Is(err, run.ErrNotFound) {
				failed = append(failed, err)
			}
		}
	}
	if len(voters) == 0 {
		return nil, errors.Join(append(failed, fmt.Errorf("no trained model has its weights here; train one with: %s", recipes.Quick.Command("cnn")))...)
	}
	members, err := score.Join(voters, recipes.Full, func(name string) (*run.Run, error) { return find(filepath.Base(name)) })
	if err != nil {
		return nil, err
	}
	return newPanel(members)
}

// find opens the finished run of a recipe that has weights and predictions.
func find(recipe string) (*run.Run, error) {
	places := []struct {
		open    func(string) (*run.Run, error)
		profile recipes.Profile
	}{{run.OpenNamed, recipes.Full}, {run.OpenPublished, recipes.Full}, {run.OpenNamed, recipes.Quick}}
	for _, p := range places {
		r, err := p.open(p.profile.Run(recipe))
		if errors.Is(err, run.ErrNotFound) || err == nil && !(r.Finished() && r.HasCheckpoint(run.Best) && len(r.Record.TestOpened) > 0) {
			continue
		}
		return r, err
	}
	return nil, fmt.Errorf("%s: %w", recipe, run.ErrNotFound)
}

// newPanel weighs the members and loads the models of those that count.
func newPanel(joined []score.Member) (*Panel, error) {
	weights, err := score.FitWeights(score.Part(joined, run.Validation)...)
	if err != nil {
		return nil, err
	}
	heaviest := slices.Max(weights)
	var kept []score.Member
	p := &Panel{}
	sum := 0.0
	for i, m := range joined {
		if weights[i] >= leastWeight*heaviest {
			kept = append(kept, m)
			p.Members = append(p.Members, Member{Title: m.Name, Run: m.Run, Published: m.Run.Published, Weight: weights[i], Test: score.Accuracy(score.Part(joined, run.Test)[i])})
			sum += weights[i]
		}
	}
	for i := range p.Members {
		p.Members[i].Weight /= sum
	}
	held, err := score.Vote(p.weights(), score.Part(kept, run.Validation)...)
	if err != nil {
		return nil, err
	}
	p.Temperature = score.Temperature(held)
	var sure []float64
	for _, row := range score.Tempered(held, p.Temperature).Probabilities {
		sure = append(sure, float64(slices.Max(row[:])))
	}
	slices.Sort(sure)
	p.Unsure = sure[len(sure)/20]
	slices.SortStableFunc(p.Members, func(a, b Member) int {
		if a.Weight > b.Weight {
			return -1
		}
		return 1
	})
	return p, p.load()
}

func (p *Panel) weights() []float64 {
	var weights []float64
	for _, m := range p.Members {
		weights = append(weights, m.Weight)
	}
	return weights
}

// load loads all models, at once.
func (p *Panel) load() error {
	failed := make([]error, len(p.Members))
	var wait sync.WaitGroup
	for i := range p.Members {
		wait.Go(func() { p.Members[i].model, failed[i] = train.Load(p.Members[i].Run) })
	}
	wait.Wait()
	return errors.Join(failed...)
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
