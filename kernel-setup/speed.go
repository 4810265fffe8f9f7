package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"fashionlab/fashion/run"
)

// timedStep is how long a training step took on referenceDevice.
type timedStep struct {
	model, size       string // as in run.Model
	fineTuneAt, batch int
	milliseconds      float64 // median, data feeding included
	compileSeconds    float64 // of a training's graphs; 0 is not known
}

// referenceDevice is where the steps of README.md, "Speed", were timed.
const referenceDevice = "2 cores of an AMD EPYC (Zen 4)"

var timedSteps = []timedStep{
	{"cnn", "", 0, 64, 42.3, 3.5},
	{"cnn", "", 0, 512, 307, 3.5},
	{"resnet50", "", 0, 64, 236, 15},
	{"resnet50", "", 0, 512, 1366, 15},
	{"convnext", "tiny", 0, 64, 325, 0},
	{"sngan", "", 0, 64, 65, 8},
	{"dcgan", "", 0, 64, 65, 8},
	{"convnext", "atto", 0, 64, 62.7, 7},
	{"convnext", "atto", 36, 64, 44.5, 7},
	{"convnext", "atto", 85, 64, 25.1, 7},
	{"convnext", "atto", 103, 64, 19.9, 7},
}

// studied are the models of the study; a recipe may name another, whose code a notebook has.
var studied = []string{"cnn", "residual", "resnet50", "convnext", "dcgan", "sngan"}

// sameModel reports whether a step is of a recipe's model, whatever it trains of it.
func (s timedStep) sameModel(r run.Recipe) bool {
	return s.model == r.Model.Name && s.size == r.Model.Size
}

// nearest is the timed step that is most like a recipe's: first in what is trained, then in the batch. It is zero if the model was not timed. A network of one's own is taken
// for as large as the CNN.
func nearest(r run.Recipe) (best timedStep) {
	if !slices.Contains(studied, r.Model.Name) {
		r.Model = run.Model{Name: "cnn"}
	}
	distance := func(s timedStep) float64 {
		return 100*math.Abs(float64(s.fineTuneAt-r.Model.FineTuneAt)) + math.Abs(math.Log(float64(s.batch)/float64(r.Batch)))
	}
	for _, s := range timedSteps {
		if s.sameModel(r) && (best.model == "" || distance(s) < distance(best)) {
			best = s
		}
	}
	return best
}

// reference is about how many seconds an epoch of a recipe takes on referenceDevice. A validation image costs a third of one that all layers are
// trained on: it has no backward pass.
func reference(r run.Recipe) float64 {
	perImage := func(r run.Recipe) float64 {
		s := nearest(r)
		return s.milliseconds / 1000 / float64(max(s.batch, 1))
	}
	whole := r
	whole.Model.FineTuneAt = 0
	training := r.Data.TrainingImages()
	seconds := float64(training)*perImage(r) + float64(r.Data.Images()-training)*perImage(whole)/3
	if r.Data.Task == run.Rotation {
		seconds *= 4 // all orientations
	}
	if side := float64(r.Model.Side); side > 0 {
		seconds *= side * side / (32 * 32)
	}
	return seconds
}

// measured is how fast a run trained.
type measured struct {
	name   string // of the run, and its device
	recipe run.Recipe
	images int     // that were trained, over all epochs
	factor float64 // its seconds as a multiple of reference's
}

// leastImages is what a run must have trained to tell a speed: the first steps are slow.
const leastImages = 1000

// measure returns how fast a store's runs trained. Those on a GPU tell nothing where the CPU is used, and the other way round.
func measure(store run.Store, onGPU bool) []measured {
	runs, unreadable := store.List()
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	var list []measured
	for _, r := range runs {
		epochs, seconds := len(r.History), 0.0
		for _, e := range r.History {
			seconds += e.Seconds
		}
		images, expected := epochs*r.Recipe.Data.TrainingImages(), float64(epochs)*reference(r.Recipe)
		name, err := store.Name(r)
		if err != nil || images < leastImages || seconds == 0 || expected == 0 || strings.HasPrefix(r.Record.Device, "cpu") == onGPU {
			continue
		}
		list = append(list, measured{fmt.Sprintf("%s (%s)", name, r.Record.Device), r.Recipe, images, seconds / expected})
	}
	return list
}

// basis is what an estimate for a recipe rests on: a run of the same model on this machine, else of another model here, else a published run of the
// same model, else the timed steps. Of several it is the one that is most alike in what decides the speed, and of those the longest.
func basis(here, published []measured, r run.Recipe) measured {
	sameModel := func(list []measured) []measured {
		return slices.DeleteFunc(slices.Clone(list), func(m measured) bool {
			return m.recipe.Model.Name != r.Model.Name || m.recipe.Model.Size != r.Model.Size
		})
	}
	pace := func(r run.Recipe) run.Recipe {
		return run.Recipe{Model: run.Model{FineTuneAt: r.Model.FineTuneAt, Side: r.Model.Side}, Data: run.Data{Task: r.Data.Task}, Batch: r.Batch}
	}
	unlike := func(m measured) int { return len(run.Diff(pace(m.recipe), pace(r))) }
	for _, candidates := range []struct {
		list []measured
		note string
	}{
		{sameModel(here), ""},
		{here, ", another model, in proportion to steps timed on " + referenceDevice},
		{sameModel(published), ", published, not made on this machine"},
	} {
		if len(candidates.list) > 0 {
			best := slices.MinFunc(candidates.list, func(a, b measured) int {
				return cmp.Or(cmp.Compare(unlike(a), unlike(b)), cmp.Compare(b.images, a.images))
			})
			best.name += candidates.note
			return best
		}
	}
	return measured{name: "steps timed on " + referenceDevice + ", not on this machine", factor: 1}
}
