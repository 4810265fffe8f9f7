package study

import (
	"fmt"
	"path/filepath"
	"slices"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Budget is how long a search takes: see hyperband.Brackets.
type Budget struct {
	R, Eta   int
	Rounding hyperband.Rounding
}

// SearchBudget is a search's budget at a profile.
func SearchBudget(p Profile) Budget {
	switch p {
	case Smoke:
		return Budget{3, 3, hyperband.Algorithm1}
	case Full:
		return Budget{81, 3, hyperband.Algorithm1}
	}
	return Budget{9, 3, hyperband.Algorithm1}
}

// Search is the search of the hyperparameters of a recipe of that name at a profile. Its objective is the validation accuracy.
func Search(model string, p Profile, b Budget) (hyperband.Search[recipes.Recipe], error) {
	var none hyperband.Search[recipes.Recipe]
	base, err := ByName(model, p)
	if err != nil {
		return none, err
	}
	if base.IsGAN() {
		return none, fmt.Errorf("%s is a GAN, which has no validation accuracy to search by; name a classifier's recipe, such as cnn-augmented", model)
	}
	short, err := ByName(model, Smoke)
	if err != nil {
		return none, err
	}
	brackets, err := hyperband.Brackets(b.R, b.Eta, b.Rounding)
	if err != nil {
		return none, err
	}
	switch p {
	case Smoke:
		base.Data.Limit = 500
	case Quick:
		base.Data.Limit, base.PreciseBN = 1500, short.PreciseBN // in so few steps running averages of batch normalization lag behind
	}
	base.Epochs = b.R
	if base.Schedule.Name == "cosine" {
		base.Schedule.DecaySteps = base.Steps() // a trial of fewer epochs is the start of one of all
	}
	dir, err := run.Local().Path(p.Run(fmt.Sprintf("search/%s-R%d-eta%d-%s", model, b.R, b.Eta, b.Rounding)))
	if err != nil {
		return none, err
	}
	return hyperband.Search[recipes.Recipe]{
		Brackets: brackets, Space: searchSpace(base), Base: base, Seed: 1, Journal: filepath.Join(dir, "journal.jsonl"), Retries: 1,
	}, nil
}

// searchSpace is the space that the slides searched. For the CNN and ResNet50: optimizer, learning rate, beta 1 and 2, weight decay, dropout. For ConvNeXt: optimizer,
// learning rate, schedule, fine-tuning layer, weight decay, dropout. The
// slides do not print its ranges; these hold the slides' best parameters. Beta 1 is sgd's momentum, in Nesterov's form; what an
// optimizer has no use for is left at 0.
func searchSpace(base recipes.Recipe) hyperband.Space[recipes.Recipe] {
	optimizer := func(r *recipes.Recipe, name string) {
		r.Optimizer = recipes.Optimizer{Name: name, Epsilon: 1e-7}
	}
	beta1 := func(r *recipes.Recipe, v float64) {
		switch r.Optimizer.Name {
		case "sgd":
			r.Optimizer.Momentum, r.Optimizer.Nesterov, r.Optimizer.Epsilon = v, true, 0
		case "nadam", "adam":
			r.Optimizer.Beta1 = v
		}
	}
	beta2 := func(r *recipes.Recipe, v float64) {
		if r.Optimizer.Name != "sgd" {
			r.Optimizer.Beta2 = v
		}
	}
	rule := hyperband.Choice("optimizer", optimizer, "nadam", "adam", "rmsprop", "sgd")
	middle := hyperband.Space[recipes.Recipe]{
		hyperband.Choice("beta 1", beta1, 0.8, 0.9, 0.95),
		hyperband.Choice("beta 2", beta2, 0.9, 0.99, 0.999, 0.9999),
	}
	if base.Model.Size != "" { // a network that can be fine-tuned
		rule.Set = func(r *recipes.Recipe, i float64) {
			optimizer(r, rule.Choices[int(i)])
			beta1(r, 0.9)
			beta2(r, 0.999)
		}
		middle = hyperband.Space[recipes.Recipe]{
			hyperband.Choice("schedule", schedule(base), "constant", "94_step_0_9", "cosine"),
			hyperband.Choice("fine-tuning layer", func(r *recipes.Recipe, v int) { r.Model.FineTuneAt = v }, FineTuneLayers(base.Model.Size)...),
		}
	}
	return slices.Concat(hyperband.Space[recipes.Recipe]{
		rule,
		hyperband.LogRange("learning rate", func(r *recipes.Recipe, v float64) { r.Optimizer.LearningRate = v }, 1e-4, 3e-2),
	}, middle, hyperband.Space[recipes.Recipe]{
		hyperband.Choice("weight decay", func(r *recipes.Recipe, v float64) { r.Optimizer.WeightDecay = v }, 0, 1e-5, 1e-4, 1e-3),
		hyperband.Choice("dropout", func(r *recipes.Recipe, v float64) { r.Model.Dropout = v }, 0, 0.1, 0.2, 0.3, 0.4, 0.5),
	})
}

// schedule sets a schedule by the name that the slide has for it; a cosine falls over all epochs of the base.
func schedule(base recipes.Recipe) func(*recipes.Recipe, string) {
	return func(r *recipes.Recipe, name string) {
		switch name {
		case "constant":
			r.Schedule = recipes.Schedule{}
		case "94_step_0_9":
			r.Schedule = recipes.Schedule{Name: "step", DecaySteps: 94, Factor: 0.9}
		case "cosine":
			r.Schedule = recipes.Schedule{Name: "cosine", DecaySteps: base.Steps(), MinLearningRate: 1e-5} // a trial of fewer epochs is the start of one of all
		}
	}
}
