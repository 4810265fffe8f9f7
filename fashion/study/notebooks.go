package study

import (
	"slices"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
)

// trainings are the variants that each notebook trains, by its name without the extension. A notebook that is neither here nor in searches only reads.
var trainings = map[string]func(Profile) []Variant{
	"02-learning":     func(p Profile) []Variant { return append(Overfitting(p), Normalization(p)...) },
	"03-cnn":          func(p Profile) []Variant { return append(named("cnn")(p), OwnNetwork(p)) },
	"04-augmentation": AugmentationAblation,
	"05-plateau":      Schedules,
	"06-resnet50":     named("resnet50"),
	"08-convnext": func(p Profile) []Variant {
		return slices.Concat(named("convnext", pretraining)(p), FineTuning(p), GradualUnfreezing(p), InputSizes(p))
	},
	"09-ensemble": named("cnn", "resnet50", pretraining, "convnext-transfer"),
	"14-own-data": OwnData,
	"11-gan":      func(p Profile) []Variant { return slices.Concat(named("gan", "dcgan")(p), SyntheticAblation(p)) },
}

// searches are the models whose hyperparameters a notebook searches.
var searches = map[string]string{"07-hyperband": "cnn"}

// named are the variants that train the recipes of those names.
func named(names ...string) func(Profile) []Variant {
	return func(p Profile) []Variant {
		var variants []Variant
		for _, name := range names {
			variants = append(variants, Variant{name, p.Run(name), byName[name](p)})
		}
		return variants
	}
}

// Trainings lists the variants that a notebook trains, in its order, each run once. One that starts from a repository of the hub is trained only
// where those weights are.
func Trainings(notebook string, p Profile) []Variant {
	all := trainings[notebook]
	if all == nil {
		return nil
	}
	return Once(all(p))
}

// Searched is the model whose hyperparameters a notebook searches, with the profile's budget; "" if it searches none.
func Searched(notebook string) string { return searches[notebook] }

// DroppedTrials is how many dropped configurations such a notebook trains to the end after its search, see Dropped.
const DroppedTrials = 5

// Dropped is the search that trains some of the configurations that a search dropped, to the end.
func Dropped(s hyperband.Search[recipes.Recipe], found hyperband.State[recipes.Recipe]) hyperband.Search[recipes.Recipe] {
	return s.Sample(found, DroppedTrials, s.Journal+".dropped")
}
