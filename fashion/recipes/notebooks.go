package recipes

import (
	"slices"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/run"
)

// trainings are the trials that each notebook trains, by its name without the extension. A notebook that is neither here nor in searches only reads.
var trainings = map[string]func(Profile) []Trial{
	"02-cnn":          func(p Profile) []Trial { return append(named("cnn")(p), OwnNetwork(p)) },
	"03-augmentation": Ablation,
	"04-plateau":      Schedules,
	"05-resnet50":     named("resnet50"),
	"07-convnext": func(p Profile) []Trial {
		return slices.Concat(named("convnext", source)(p), FineTuning(p), Gradual(p), Sides(p))
	},
	"08-ensemble": named("cnn", "resnet50", source, "convnext-transfer"),
	"10-gan":      func(p Profile) []Trial { return slices.Concat(named("gan", "dcgan")(p), Mixing(p)) },
}

// searches are the models whose hyperparameters a notebook searches.
var searches = map[string]string{"06-hyperband": "cnn"}

// named are the trials that train recipes of those names.
func named(names ...string) func(Profile) []Trial {
	return func(p Profile) []Trial {
		var trials []Trial
		for _, name := range names {
			trials = append(trials, Trial{name, p.Run(name), byName[name](p)})
		}
		return trials
	}
}

// Trainings lists the trials that a notebook trains, in its order, each run once. One that starts from a repository of the hub is trained only
// where those weights are.
func Trainings(notebook string, p Profile) []Trial {
	all := trainings[notebook]
	if all == nil {
		return nil
	}
	var trials []Trial
	for _, t := range all(p) {
		if !slices.ContainsFunc(trials, func(other Trial) bool { return other.Run == t.Run }) {
			trials = append(trials, t)
		}
	}
	return trials
}

// Searched is the model whose hyperparameters a notebook searches, with the profile's budget; "" if it searches none.
func Searched(notebook string) string { return searches[notebook] }

// DroppedTrials is how many dropped configurations such a notebook trains to the end after its search, see Dropped.
const DroppedTrials = 5

// Dropped is the search that trains some of the configurations that a search dropped, to the end.
func Dropped(s hyperband.Search[run.Recipe], found hyperband.State[run.Recipe]) hyperband.Search[run.Recipe] {
	return s.Sample(found, DroppedTrials, s.Journal+".dropped")
}
