// Package estimate says in advance how long a training takes. Steps of the study's models were timed once, on one machine; a run on this machine, finished
// or not, shows by what factor this one differs. It needs the standard library only.
package estimate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// timedStep is how long a training step took on referenceDevice.
type timedStep struct {
	model, size       string // as in recipes.Model
	fineTuneAt, batch int
	milliseconds      float64 // median, data feeding included
	compileSeconds    float64 // of a training's graphs; 0 is not known
	width, depth      int     // of the network, as in recipes.Model; 0 where it has none
}

// referenceDevice is where the steps of README.md, "Speed", were timed.
const referenceDevice = "2 cores of an AMD EPYC (Zen 4)"

var timedSteps = []timedStep{
	{"cnn", "", 0, 64, 42.3, 3.5, 0, 0},
	{"cnn", "", 0, 512, 307, 3.5, 0, 0},
	{"residual", "", 0, 64, 117, 0, 32, 0},   // 2.77 times the CNN's in one run on another processor
	{"wideresnet", "", 0, 64, 193, 0, 2, 16}, // WRN-16-2: 1.65 times the residual network's CPU time in one run
	{"resnet50", "", 0, 64, 236, 15, 0, 0},
	{"resnet50", "", 0, 512, 1366, 15, 0, 0},
	{"convnext", "tiny", 0, 64, 325, 0, 0, 0},
	{"sngan", "", 0, 64, 65, 8, 0, 0},
	{"dcgan", "", 0, 64, 65, 8, 0, 0},
	{"convnext", "atto", 0, 64, 62.7, 7, 0, 0},
	{"convnext", "atto", 36, 64, 44.5, 7, 0, 0},
	{"convnext", "atto", 85, 64, 25.1, 7, 0, 0},
	{"convnext", "atto", 103, 64, 19.9, 7, 0, 0},
	{"mlp", "", 0, 32, 0.5, 1, 0, 0}, // the networks of the notebook on learning, from epochs beside other work
	{"deep", "", 0, 64, 0.7, 1, 0, 0},
	{"deep-normalized", "", 0, 64, 0.7, 1, 0, 0},
}

// isTimed reports whether a recipe's model was timed.
func isTimed(r recipes.Recipe) bool {
	return slices.ContainsFunc(timedSteps, func(s timedStep) bool { return s.model == r.Model.Name })
}

// nearest is the timed step that is most like a recipe's: first in what is trained, then in the batch. It is zero if the model was timed in other sizes only. A model
// that was never timed, such as a network of one's own, is taken for as large as the CNN.
func nearest(r recipes.Recipe) (best timedStep) {
	if !isTimed(r) {
		r.Model = recipes.Model{Name: "cnn"}
	}
	distance := func(s timedStep) float64 {
		return 100*math.Abs(float64(s.fineTuneAt-r.Model.FineTuneAt)) + math.Abs(math.Log(float64(s.batch)/float64(r.Batch)))
	}
	for _, s := range timedSteps {
		if s.model == r.Model.Name && s.size == r.Model.Size && (best.model == "" || distance(s) < distance(best)) {
			best = s
		}
	}
	return best
}

// smallStem is by how much more arithmetic ResNet50 does with the small stem, which makes all maps behind it four times as high and wide. A step with it has not been timed.
const smallStem = 16

// arithmetic is about how much arithmetic a network does for an image, as a multiple of that timed.
func arithmetic(m recipes.Model, timed timedStep) float64 {
	of := func(n, timed int) float64 {
		if n == 0 || timed == 0 {
			return 1
		}
		return float64(n) / float64(timed)
	}
	factor := math.Pow(of(m.Width, timed.width), 2) * of(m.Depth, timed.depth) * math.Pow(of(m.Side, 32), 2)
	if m.Stem == "small" {
		factor *= smallStem
	}
	return factor
}

// epochSeconds is about how many seconds an epoch of a recipe takes on referenceDevice, 0 if nearest has no step for it. A validation image costs a
// third of one that all layers are trained on: it has no backward pass. With precise statistics of batch
// normalization the images for them cost as much, and validation images are predicted twice.
func epochSeconds(r recipes.Recipe) float64 {
	perImage := func(r recipes.Recipe) float64 {
		s := nearest(r)
		return s.milliseconds / 1000 / float64(max(s.batch, 1))
	}
	unfrozen := r
	unfrozen.Model.FineTuneAt = 0
	training := r.Data.TrainingImages()
	forward := r.Data.Images() - training
	if r.PreciseBN > 0 {
		forward += forward + min(r.PreciseBN, training)
	}
	seconds := float64(training)*perImage(r) + float64(forward)*perImage(unfrozen)/3
	if r.Data.Task == recipes.Rotation {
		seconds *= 4 // all orientations
	}
	return seconds * arithmetic(r.Model, nearest(r))
}

// Basis is what an estimate rests on.
type Basis struct {
	Run    *run.Run // whose speed was measured; nil if there is none
	Source string   // the run and its device, or the timed steps, in words
	factor float64  // the time as a multiple of that on referenceDevice
}

// Seconds is about how long so many epochs of a recipe take, and the compiling before them.
func (b Basis) Seconds(r recipes.Recipe, epochs int) float64 {
	return b.factor * (nearest(r).compileSeconds + float64(epochs)*epochSeconds(r))
}

// SameModel reports whether the run trained a recipe's model.
func (b Basis) SameModel(r recipes.Recipe) bool { return b.Run != nil && sameModel(b.Run.Recipe, r) }

// Speeds are how fast runs trained.
type Speeds struct{ here, published []speed }

// speed is how fast a run trained.
type speed struct {
	Basis
	images int // that were trained, over all epochs
}

// leastImages is what a run must have trained to show its speed: the first steps are slow.
const leastImages = 1000

// largestFactor is by how much a machine may be slower than referenceDevice: what shows more is no measured time.
const largestFactor = 1e6

// Measure reads how fast the runs of this machine and the published ones trained: those on a GPU if GPUs compute, else those on a CPU. Its error names
// the runs that could not be read; the speeds of the others hold.
func Measure(here, published run.Store, onGPU bool) (s Speeds, err error) {
	s.here, err = measure(here, onGPU)
	var unreadable error
	s.published, unreadable = measure(published, onGPU)
	return s, errors.Join(err, unreadable)
}

func measure(store run.Store, onGPU bool) ([]speed, error) {
	runs, unreadable := store.List()
	var list []speed
	for _, r := range runs {
		var seconds []float64
		for _, e := range r.History {
			seconds = append(seconds, e.Seconds)
		}
		images, factor := len(seconds)*r.Recipe.Data.TrainingImages(), median(seconds)/epochSeconds(r.Recipe)
		name, err := store.Name(r)
		if err != nil || images < leastImages || !(factor > 0 && factor < largestFactor) || strings.HasPrefix(r.Record.Device, "cpu") == onGPU {
			continue
		}
		list = append(list, speed{Basis{r, fmt.Sprintf("%s (%s)", name, r.Record.Device), factor}, images})
	}
	return list, unreadable
}

// median is the middle one of values, or the mean of the two in the middle; NaN without values. Epochs that took longer because of other work, or because the machine slept, do not move it.
func median(values []float64) float64 {
	n, sorted := len(values), slices.Sorted(slices.Values(values))
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func sameModel(a, b recipes.Recipe) bool {
	return a.Model.Name == b.Model.Name && a.Model.Size == b.Model.Size
}

// For is what an estimate for a recipe rests on: a run of the same model on this machine, else of another model here, else a published run of the
// same model, else the timed steps. Of several it is the most similar in what decides the speed, and of those the one of median speed, not counting runs of less than half as many images as the longest.
func (s Speeds) For(r recipes.Recipe) Basis {
	ofModel := func(list []speed) []speed {
		return slices.DeleteFunc(slices.Clone(list), func(s speed) bool { return !s.SameModel(r) })
	}
	decisive := func(r recipes.Recipe) recipes.Recipe {
		return recipes.Recipe{Model: recipes.Model{FineTuneAt: r.Model.FineTuneAt, Side: r.Model.Side}, Data: recipes.Data{Task: r.Data.Task}, Batch: r.Batch}
	}
	unlike := func(s speed) int { return len(recipes.Diff(decisive(s.Run.Recipe), decisive(r))) }
	timed := slices.DeleteFunc(slices.Clone(s.here), func(s speed) bool { return !isTimed(s.Run.Recipe) })
	for _, candidates := range []struct {
		list []speed
		note string
	}{
		{ofModel(s.here), ""},
		{timed, ", another model, in proportion to steps timed on " + referenceDevice},
		{ofModel(s.published), ", published, not made on this machine"},
	} {
		if len(candidates.list) > 0 {
			first := slices.MinFunc(candidates.list, func(a, b speed) int {
				return cmp.Or(cmp.Compare(unlike(a), unlike(b)), cmp.Compare(b.images, a.images))
			})
			similar := slices.DeleteFunc(slices.Clone(candidates.list), func(s speed) bool { return unlike(s) != unlike(first) || 2*s.images < first.images })
			slices.SortStableFunc(similar, func(a, b speed) int { return cmp.Compare(a.factor, b.factor) })
			best := similar[(len(similar)-1)/2]
			best.Source += candidates.note
			return best.Basis
		}
	}
	return Basis{Source: "steps timed on " + referenceDevice + ", not on this machine", factor: 1}
}
