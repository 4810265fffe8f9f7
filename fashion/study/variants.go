package study

import "fashionlab/fashion/run"

// Variant is one training of an experiment that compares several.
type Variant struct {
	Name   string // in figures and tables
	Run    string // name of its run, see run.Store
	Recipe run.Recipe
}

// OwnNetwork is the CNN's recipe for the network that a notebook defines in a cell.
func OwnNetwork(p Profile) Variant {
	r := CNN(p)
	r.Model = run.Model{Name: "small", Dropout: 0.1}
	return Variant{"a network of one's own", p.Run("small"), r}
}

// small is the CNN's recipe for experiments that train it many times: at Full as it is; otherwise on a part of the images,
// for so many epochs, which shows large effects only.
func small(p Profile, images, epochs int) run.Recipe {
	r := CNN(p)
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 1000, 2
	case Quick:
		r.Data.Limit, r.Epochs = images, epochs
	}
	return r
}

// AugmentationAblation is the CNN trained without augmentation, with each that the slides considered, and with the
// adopted ones together: equal seeds, epochs and images. Smoke leaves out most, each of which compiles a graph of its own.
func AugmentationAblation(p Profile) []Variant {
	base := small(p, 4000, 3)
	base.Schedule = run.Schedule{}
	with := func(name, folder string, a run.Augmentation) Variant {
		r := base
		r.Augmentation = a
		return Variant{name, p.Run("augmentation/" + folder), r}
	}
	variants := []Variant{with("none", "none", run.Augmentation{}), with("the adopted three", "adopted", AdoptedAugmentation())}
	for _, c := range Augmentations() {
		if p != Smoke || c.Name == "RandomFlip" {
			variants = append(variants, with(c.Name, c.Name, c.Augmentation))
		}
	}
	return append(variants, with("RandomFlip, vertical", "RandomFlipVertical", run.Augmentation{Flip: "vertical"}))
}

// Schedules is the CNN trained with a constant learning rate, with the slides' reduction on plateau and with a cosine, on
// equal seeds, epochs and images.
func Schedules(p Profile) []Variant {
	base := small(p, 3000, 14) // few images, so that the loss stops falling soon
	with := func(name, folder string, s run.Schedule) Variant {
		r := base
		r.Schedule = s
		return Variant{name, p.Run("schedule/" + folder), r}
	}
	return []Variant{
		with("plateau, patience 1", "plateau", CNN(p).Schedule),
		with("constant", "constant", run.Schedule{}),
		with("cosine", "cosine", run.Schedule{Name: "cosine", MinLearningRate: 1e-5}),
	}
}
