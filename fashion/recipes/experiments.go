package recipes

import "fashionlab/fashion/run"

// Trial is a recipe of an experiment with the name of its run and how a figure calls it.
type Trial struct {
	Name   string // for a reader
	Run    string // of the run, see run.Path
	Recipe run.Recipe
}

// OwnNetwork is the CNN's recipe for the network that a notebook defines in a cell.
func OwnNetwork(p Profile) Trial {
	r := CNN(p)
	r.Model = run.Model{Name: "small", Dropout: 0.1}
	return Trial{"a network of one's own", p.Run("small"), r}
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

// Ablation is the CNN trained without augmentation, with each that the slides considered, and with those that they
// adopted: equal seeds, epochs and images. Smoke leaves out most, each of which compiles a graph of its own.
func Ablation(p Profile) []Trial {
	base := small(p, 4000, 3)
	base.Schedule = run.Schedule{}
	with := func(name, folder string, a run.Augmentation) Trial {
		r := base
		r.Augmentation = a
		return Trial{name, p.Run("augmentation/" + folder), r}
	}
	trials := []Trial{with("none", "none", run.Augmentation{}), with("the adopted three", "adopted", Adopted)}
	for _, c := range Augmentations() {
		if p != Smoke || c.Name == "RandomFlip" {
			trials = append(trials, with(c.Name, c.Name, c.Augmentation))
		}
	}
	return append(trials, with("RandomFlip, vertical", "RandomFlipVertical", run.Augmentation{Flip: "vertical"}))
}

// Schedules is the CNN trained with a constant learning rate, with the slides' reduction on plateau and with a cosine, on
// equal seeds, epochs and images.
func Schedules(p Profile) []Trial {
	base := small(p, 3000, 14) // few images, so that the loss stops falling soon
	with := func(name, folder string, s run.Schedule) Trial {
		r := base
		r.Schedule = s
		return Trial{name, p.Run("schedule/" + folder), r}
	}
	return []Trial{
		with("plateau, patience 1", "plateau", CNN(p).Schedule),
		with("constant", "constant", run.Schedule{}),
		with("cosine", "cosine", run.Schedule{Name: "cosine", MinRate: 1e-5}),
	}
}
