// Package recipes is the study as data: how each experiment is trained at each profile, and what the slides report.
package recipes

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"fashionlab/fashion/run"
)

// Profile is how much of the study to execute.
type Profile string

const (
	Smoke Profile = "smoke" // a subset and one or two epochs: minutes for all notebooks
	Quick Profile = "quick" // real results on two cores without a GPU in minutes
	Full  Profile = "full"  // the presentation's scale
)

// Profiles lists the profiles from the smallest to the largest.
func Profiles() []Profile { return []Profile{Smoke, Quick, Full} }

// ProfileVariable is the environment variable that chooses the profile.
const ProfileVariable = "FASHION_PROFILE"

// ParseProfile returns the profile of that name.
func ParseProfile(name string) (Profile, error) {
	if p := Profile(name); slices.Contains(Profiles(), p) {
		return p, nil
	}
	var known []string
	for _, p := range Profiles() {
		known = append(known, string(p))
	}
	return "", fmt.Errorf("profile is %q, want one of %s", name, strings.Join(known, ", "))
}

// Current returns the profile that $FASHION_PROFILE chooses, Quick without it.
func Current() (Profile, error) {
	name := os.Getenv(ProfileVariable)
	if name == "" {
		return Quick, nil
	}
	p, err := ParseProfile(name)
	if err != nil {
		return "", fmt.Errorf("$%s: %w", ProfileVariable, err)
	}
	return p, nil
}

// Run is the name of a model's run at a profile.
func (p Profile) Run(model string) string { return string(p) + "/" + model }

// split is the study's division of the 60,000 training images: a fifth for validation.
var split = run.Data{Validation: 0.2, SplitSeed: 1}

// CNN is the custom CNN with the slide's best parameters and its reduction of the learning rate on plateau with a
// patience of one epoch.
func CNN(p Profile) run.Recipe {
	r := run.Recipe{
		Model:     run.Model{Name: "cnn", Dropout: 0.1},
		Data:      split,
		Optimizer: run.Optimizer{Name: "nadam", Rate: 0.001, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7},
		Schedule:  run.Schedule{Name: "plateau", Patience: 1, Factor: 0.3, MinDelta: 1e-4, MinRate: 1e-6},
		Epochs:    6,
		Batch:     64,
		Seed:      1,
	}
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 4000, 2
	case Full:
		r.Epochs = 30
	}
	return r
}

// ResNet50 is the slide's ResNet50, trained from scratch with its best parameters. Quick has a tenth of the slide's learning rate:
// in its few steps the weights move too fast at 0.01 for the running means of the normalizations to follow, and the
// validation accuracy was 0.31.
func ResNet50(p Profile) run.Recipe {
	r := CNN(p)
	r.Model = run.Model{Name: "resnet50", Dropout: 0.1}
	r.Optimizer = run.Optimizer{Name: "nadam", Rate: 0.01, Beta1: 0.9, Beta2: 0.9999, Epsilon: 1e-7, WeightDecay: 1e-5}
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 600, 1
	case Quick:
		r.Data.Limit, r.Epochs, r.Optimizer.Rate = 8000, 5, 0.001
	}
	return r
}

// ConvNeXt is ConvNeXt-Tiny with the slide's best parameters, but from random weights: the slide's were trained on ImageNet before.
// The schedule that the slide calls 94_step_0_9 multiplies the rate by 0.9 every 94 steps, which are an epoch in batches of 512.
func ConvNeXt(p Profile) run.Recipe {
	r := CNN(p)
	r.Model = run.Model{Name: "convnext", Size: "tiny", Input: "resize", Dropout: 0.1}
	r.Optimizer = run.Optimizer{Name: "nadam", Rate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 1e-4}
	r.Schedule = run.Schedule{Name: "step", Every: 94, Factor: 0.9}
	r.Batch = 512
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 1000, 1
	case Quick:
		r.Data.Limit, r.Epochs = 8000, 5
	}
	return r
}

// CNNAugmented is the custom CNN with the adopted augmentation and a cosine over its epochs: with ever new images it does not overfit
// soon, so that a longer training pays.
func CNNAugmented(p Profile) run.Recipe {
	r := CNN(p)
	r.Augmentation = Adopted
	if p == Full {
		r.Epochs = 40
	}
	r.Schedule = run.Schedule{Name: "cosine", Every: r.Epochs * steps(r), MinRate: 1e-5}
	return r
}

// ResNet50Augmented is ResNet50 with the adopted augmentation, a cosine, and a tenth of the slide's learning rate.
func ResNet50Augmented(p Profile) run.Recipe {
	r := ResNet50(p)
	r.Augmentation = Adopted
	r.Optimizer.Rate, r.Optimizer.Beta2 = 0.001, 0.999
	if p == Full {
		r.Epochs = 24
	}
	r.Schedule = run.Schedule{Name: "cosine", Every: r.Epochs * steps(r), MinRate: 1e-5}
	return r
}

// steps is the number of a recipe's steps in an epoch.
func steps(r run.Recipe) int {
	images := Images(r.Data)
	training := images - int(float64(images)*r.Data.Validation+0.5)
	return (training + r.Batch - 1) / r.Batch
}

// Images is how many of the 60,000 images a recipe uses, for training and validation.
func Images(d run.Data) int {
	if d.Limit > 0 {
		return d.Limit
	}
	return trainingImages
}

// ByName is the recipe of that name: a model's, or one with "-augmented" behind it.
func ByName(name string, p Profile) (run.Recipe, error) {
	switch name {
	case "cnn-augmented":
		return CNNAugmented(p), nil
	case "resnet50-augmented":
		return ResNet50Augmented(p), nil
	}
	return ForModel(name, p)
}

// ForModel is the recipe of the model of that name.
func ForModel(name string, p Profile) (run.Recipe, error) {
	switch name {
	case "cnn":
		return CNN(p), nil
	case "resnet50":
		return ResNet50(p), nil
	case "convnext":
		return ConvNeXt(p), nil
	}
	return run.Recipe{}, fmt.Errorf("model is %q, want one of cnn, resnet50, convnext", name)
}
