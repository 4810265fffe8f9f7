package study

import (
	"fmt"
	"slices"

	"fashionlab/fashion/recipes"
)

// ImageNet is the repository of the hub with the weights that the slide's ConvNeXt-Tiny starts from: those of the paper, trained on the
// 1,000 classes of ImageNet, at the commit of 21 January 2025.
const ImageNet = "timm/convnext_tiny.fb_in1k@b43a6303c9fcf176d2d707478a128c2c91e93528"

// imageNetSum is the sha256 of that file of 114,374,272 bytes, as three projects that downloaded it recorded (ferrotorch is one); we have not had it ourselves.
const imageNetSum = "08b9dc9c3a3a29421de7996761e176501896d1ae7fc3085cf56a643772329276"

// ConvNeXt is the slide's ConvNeXt-Tiny with its best parameters, from the weights of ImageNet.
// The schedule that the slide calls 94_step_0_9 multiplies the rate by 0.9 every 94 steps, which are an epoch in batches of 512.
func ConvNeXt(p Profile) recipes.Recipe {
	r := CNN(p)
	r.Model = recipes.Model{Name: "convnext", Size: "tiny", Input: "resize", Dropout: 0.1, FineTuneAt: 143, Weights: recipes.Weights{Hub: ImageNet, SHA256: imageNetSum}}
	r.Optimizer = recipes.Optimizer{Name: "nadam", LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 1e-4}
	r.Schedule = recipes.Schedule{Name: "step", DecaySteps: 94, Factor: 0.9}
	r.Batch = 512
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 1000, 1
	case Quick:
		r.Data.Limit, r.Epochs = 8000, 5
	}
	return r
}

// pretraining is the name of the recipe Pretraining.
const pretraining = "convnext-source"

// Pretraining is the self-supervised pretraining of the smallest ConvNeXt, with weights that the study can transfer: its pretext task is to predict by how much an
// image was rotated (Gidaris, Singh and Komodakis, "Unsupervised Representation Learning by Predicting Image Rotations", 2018). It uses no class label.
func Pretraining(p Profile) recipes.Recipe {
	r := CNN(p)
	r.Model = recipes.Model{Name: "convnext", Size: "atto", Input: "resize"}
	r.Data.Task = recipes.Rotation
	r.Optimizer = recipes.Optimizer{Name: "nadam", LearningRate: 0.002, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 0.05}
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 200, 1
	case Quick:
		r.Data.Limit, r.Epochs = 3000, 2
	case Full:
		r.Epochs = 2
	}
	return cosine(r)
}

// Transfer is the smallest ConvNeXt on the classes, from the weights of Pretraining, trained from a layer on (see recipes.Model.FineTuneAt). Quick has
// 1,000 training images: transfer is for those who have few labels. Full has the adopted augmentation too.
func Transfer(p Profile, fineTuneAt int) recipes.Recipe {
	r := Pretraining(p)
	r.Data.Task = ""
	r.Model.Dropout, r.Model.FineTuneAt = 0.1, fineTuneAt
	r.Model.Weights.Run = p.Run(pretraining)
	switch p {
	case Quick:
		r.Data.Limit, r.Data.Validation, r.Epochs = 2500, 0.6, 5
	case Full:
		r.Augmentation, r.Epochs = AdoptedAugmentation(), 20
	}
	return r
}

// cosine is a recipe whose learning rate falls along a cosine over its epochs.
func cosine(r recipes.Recipe) recipes.Recipe {
	r.Schedule = recipes.Schedule{Name: "cosine", MinLearningRate: 1e-5}
	return r
}

// FineTuneLayers are layers of a ConvNeXt to train it from, as recipes.Model.FineTuneAt counts them: all layers, then fewer and fewer, last the head
// alone. The paper's sizes have more blocks than the smallest.
func FineTuneLayers(size string) []int {
	if size == "atto" {
		return []int{0, 36, 85, 103}
	}
	return []int{0, 125, 134, 143, 151}
}

// FineTuning is the smallest ConvNeXt trained from different layers on, and from random weights for comparison: equal seeds, epochs and images. It
// comes in the order of the layers that are trained, the fewest first.
func FineTuning(p Profile) []Variant {
	names := map[int]string{0: "all layers", 36: "the last two stages", 85: "the last stage", 103: "the head alone"}
	var variants []Variant
	for _, at := range slices.Backward(FineTuneLayers("atto")) {
		variants = append(variants, Variant{names[at], p.Run(fmt.Sprintf("transfer/from-%d", at)), Transfer(p, at)})
	}
	variants[len(variants)-1].Run = p.Run("convnext-transfer") // the same recipe
	scratch := Transfer(p, 0)
	scratch.Model.Weights = recipes.Weights{}
	return append(variants, Variant{"all, from random weights", p.Run("transfer/scratch"), scratch})
}

// ByLabels is the smallest ConvNeXt trained on so many labels from scratch, and from the weights of Pretraining: all layers, or the head alone.
type ByLabels struct {
	Labels             int
	Scratch, All, Head Variant
}

// TransferByLabels is FineTuning with fewer and fewer labels, first with those of the profile. Full has 48,000, 10,000, 1,000 and 100. The validation images are always the same.
func TransferByLabels(p Profile) []ByLabels {
	of := func(r recipes.Recipe, folder string) ByLabels {
		n := r.Data.TrainingImages()
		variant := func(name, run string, at int) Variant {
			r := r
			r.Model.FineTuneAt = at
			return Variant{fmt.Sprintf("%s with %d labels", name, n), p.Run(run), r}
		}
		b := ByLabels{n, variant("from scratch", folder+"scratch", 0), variant("from one pretraining on rotations", folder+"from-0", 0), variant("from one pretraining on rotations, the head alone,", folder+"from-103", 103)}
		b.Scratch.Recipe.Model.Weights = recipes.Weights{}
		return b
	}
	all := of(Transfer(p, 0), "transfer/")
	all.All.Run = p.Run("convnext-transfer") // the same recipe
	list := []ByLabels{all}
	if p != Full {
		return list
	}
	validation := Transfer(p, 0).Data.Images() - all.Labels
	for _, few := range []struct{ labels, epochs int }{{10000, 20}, {1000, 40}, {100, 100}} {
		r := Transfer(p, 0)
		r.Data.Limit = validation + few.labels
		r.Data.Validation, r.Epochs = float64(validation)/float64(r.Data.Limit), few.epochs
		list = append(list, of(r, fmt.Sprintf("labels/%d/", few.labels)))
	}
	return list
}

// GradualUnfreezing is the smallest ConvNeXt with its layers unfrozen step by step (Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018): after
// the head alone, which is the first of FineTuning, the last stage too, and then all, each from the weights of the training before.
func GradualUnfreezing(p Profile) []Variant {
	before := p.Run("transfer/from-103")
	var variants []Variant
	for i, at := range []int{85, 0} {
		r := Transfer(p, at)
		r.Model.Weights.Run = before
		before = p.Run(fmt.Sprintf("transfer/gradual-%d", i+2))
		variants = append(variants, Variant{fmt.Sprintf("gradually, part %d of 3", i+2), before, r})
	}
	return variants
}

// InputSizes is the smallest ConvNeXt with its last two stages trained on images resized to different sizes. Smoke has one: each compiles a graph of its own.
func InputSizes(p Profile) []Variant {
	sides := map[Profile][]int{Smoke: {32}, Quick: {32, 64}, Full: {32, 64, 96}}[p]
	var variants []Variant
	for _, side := range sides {
		r := Transfer(p, 36)
		if side != 32 {
			r.Model.Side = side
		}
		variants = append(variants, Variant{fmt.Sprintf("%dx%d", side, side), p.Run(fmt.Sprintf("transfer/side-%d", side)), r})
	}
	variants[0].Run = p.Run("transfer/from-36") // the same recipe
	return variants
}
