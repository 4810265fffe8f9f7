package study

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Variant is one training of an experiment that compares several.
type Variant struct {
	Name   string // in figures and tables
	Run    string // name of its run, see run.Store
	Recipe recipes.Recipe
}

// WithSeed is a variant with another seed, in a run of its own; the variant itself if the seed is its recipe's.
func (v Variant) WithSeed(seed uint64) Variant {
	if seed == v.Recipe.Seed {
		return v
	}
	if name, ok := strings.CutSuffix(v.Run, fmt.Sprintf("-seed-%d", v.Recipe.Seed)); ok {
		v.Run = fmt.Sprintf("%s-seed-%d", name, seed) // as SyntheticAblation names runs
	} else {
		v.Run += fmt.Sprintf("-seed%d", seed)
	}
	v.Recipe.Seed = seed
	return v
}

// Once lists variants without those whose run is there before.
func Once(list []Variant) (out []Variant) {
	for _, v := range list {
		if !slices.ContainsFunc(out, func(other Variant) bool { return other.Run == v.Run }) {
			out = append(out, v)
		}
	}
	return out
}

// Standing is what there is of a training.
type Standing struct {
	Published bool
	Tested    bool // it is finished on this machine, and has predictions for the test images
	Finished  bool
	Epochs    int // that are there, on this machine

	Corrupt bool // some file of this machine's run cannot be read; training the recipe into it makes that anew, or says what to do
}

// Standing looks for a variant's run. The error of a run with another recipe is a *run.RecipeError.
func (v Variant) Standing() (s Standing, err error) {
	switch p, err := run.Published().Open(v.Run); {
	case err == nil:
		s.Published = p.Recipe == v.Recipe
	case !errors.Is(err, run.ErrNotFound):
		return s, err
	}
	r, err := run.Local().Open(v.Run)
	var corrupt *run.CorruptError
	switch {
	case errors.Is(err, run.ErrNotFound):
		return s, nil
	case errors.As(err, &corrupt):
		s.Corrupt = true
		return s, nil
	case err != nil:
		return s, err
	case r.Recipe != v.Recipe:
		return s, &run.RecipeError{Dir: r.Dir, Differences: recipes.Diff(r.Recipe, v.Recipe)}
	}
	s.Finished, s.Epochs = r.Finished(), len(r.History)
	if s.Finished {
		_, err := r.Predictions(run.Test)
		s.Tested = err == nil // corrupt ones are made anew
	}
	return s, nil
}

// OwnNetwork is the CNN's recipe for the network that a notebook defines in a cell.
func OwnNetwork(p Profile) Variant {
	r := CNN(p)
	r.Model = recipes.Model{Name: "small", Dropout: 0.1}
	return Variant{"a network of one's own", p.Run("small"), r}
}

// small is the CNN's recipe for experiments that train it many times: at Full as it is; otherwise on a part of the images,
// for so many epochs, which shows large effects only.
func small(p Profile, images, epochs int) recipes.Recipe {
	r := CNN(p)
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 1000, 2
	case Quick:
		r.Data.Limit, r.Epochs = images, epochs
	}
	return r
}

// compared is the recipe of the experiments on augmentation and schedules at Full: the CNN over more epochs than it takes to overfit, with a learning
// rate that falls to almost nothing, so that the last epoch's network is close to the best and no variant is cut off.
func compared() recipes.Recipe {
	r := CNN(Full)
	r.Epochs = 20
	return cosine(r)
}

// AugmentationAblation is the CNN trained without augmentation, with each that the slides considered, with the adopted ones together, and at Full with
// horizontal flips too: equal seeds, schedules, epochs and images. Smoke leaves out most, each of which compiles a graph of its own.
func AugmentationAblation(p Profile) []Variant {
	base := small(p, 4000, 3)
	base.Schedule = recipes.Schedule{}
	if p == Full {
		base = compared()
	}
	var variants []Variant
	with := func(name, folder string, a recipes.Augmentation) {
		r := base
		r.Augmentation = a
		variants = append(variants, Variant{name, p.Run("augmentation/" + folder), r})
	}
	with("none", "none", recipes.Augmentation{})
	with("the adopted three", "adopted", AdoptedAugmentation())
	if p == Full {
		flipped := AdoptedAugmentation()
		flipped.Flip = "horizontal"
		with("the adopted three and RandomFlip", "adopted-flip", flipped)
	}
	for _, c := range Augmentations() {
		if p != Smoke || c.Name == "RandomFlip" {
			with(c.Name, c.Name, c.Augmentation)
		}
	}
	with("RandomFlip, vertical", "RandomFlipVertical", recipes.Augmentation{Flip: "vertical"})
	return variants
}

// NeedsRobustness reports whether the robustness of a training is to be measured on the test images too: whether it is one of the ablation of augmentations at Full, with any seed.
func NeedsRobustness(p Profile, v Variant) bool {
	return p == Full && slices.ContainsFunc(AugmentationAblation(p), func(a Variant) bool { return a.WithSeed(v.Recipe.Seed).Run == v.Run })
}

// Schedules is the CNN trained with a constant learning rate, with the slides' reduction on plateau and with a cosine; at Full also with more
// patience, steps and one cycle: equal seeds, epochs and images. At Full the run with a cosine is that of AugmentationAblation without augmentation.
func Schedules(p Profile) []Variant {
	base := small(p, 3000, 14) // few images, so that the loss stops falling soon
	if p == Full {
		base = compared()
	}
	var variants []Variant
	with := func(name, folder string, s recipes.Schedule) {
		r := base
		r.Schedule = s
		variants = append(variants, Variant{name, p.Run(folder), r})
	}
	plateau := CNN(p).Schedule
	with("plateau, patience 1", "schedule/plateau", plateau)
	with("constant", "schedule/constant", recipes.Schedule{})
	if p != Full {
		with("cosine", "schedule/cosine", cosine(base).Schedule)
		return variants
	}
	with("cosine", "augmentation/none", base.Schedule)
	for _, patience := range []int{3, 5} {
		plateau.Patience = patience
		with(fmt.Sprintf("plateau, patience %d", patience), fmt.Sprintf("schedule/plateau-%d", patience), plateau)
	}
	epoch := base.Steps() / base.Epochs
	with("step, a tenth every 7 epochs", "schedule/step", recipes.Schedule{Name: "step", DecaySteps: 7 * epoch, Factor: 0.1})
	with("one cycle", "schedule/one-cycle", recipes.Schedule{Name: "one-cycle", MinLearningRate: base.Schedule.MinLearningRate})
	return variants
}
