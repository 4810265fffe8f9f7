package recipes

import (
	"fmt"
	"slices"

	"fashionlab/fashion/run"
)

// ImageNet is the repository of the hub with the weights that the slide's ConvNeXt-Tiny starts from: those of the paper, trained on the
// 1,000 classes of ImageNet.
const ImageNet = "timm/convnext_tiny.fb_in1k"

// ConvNeXt is the slide's ConvNeXt-Tiny with its best parameters, from the weights of ImageNet.
// The schedule that the slide calls 94_step_0_9 multiplies the rate by 0.9 every 94 steps, which are an epoch in batches of 512.
func ConvNeXt(p Profile) run.Recipe {
	r := CNN(p)
	r.Model = run.Model{Name: "convnext", Size: "tiny", Input: "resize", Dropout: 0.1, FineTuneAt: 143, Weights: run.Weights{Hub: ImageNet}}
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

// source is the name of Source.
const source = "convnext-source"

// Source trains the smallest ConvNeXt to tell how images were turned, so that the study has weights of its own to transfer. No label of a class
// is used, so that these weights cannot know the classes.
func Source(p Profile) run.Recipe {
	r := CNN(p)
	r.Model = run.Model{Name: "convnext", Size: "atto", Input: "resize"}
	r.Data.Task = run.Rotation
	r.Optimizer = run.Optimizer{Name: "nadam", Rate: 0.002, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7, WeightDecay: 0.05}
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

// SourceOf is the recipe of the run whose weights a recipe starts from, where the study has it.
func SourceOf(r run.Recipe, p Profile) (recipe run.Recipe, ok bool) {
	return Source(p), r.Model.Weights.Run == p.Run(source)
}

// Transfer is the smallest ConvNeXt on the classes, from the weights of Source, trained from that layer on (see run.Model.FineTuneAt). Quick has
// 1,000 training images: transfer is for those who have few labels. Full has the adopted augmentation too.
func Transfer(p Profile, fineTuneAt int) run.Recipe {
	r := Source(p)
	r.Data.Task = ""
	r.Model.Dropout, r.Model.FineTuneAt = 0.1, fineTuneAt
	r.Model.Weights.Run = p.Run(source)
	switch p {
	case Quick:
		r.Data.Limit, r.Data.Validation, r.Epochs = 2500, 0.6, 5
	case Full:
		r.Augmentation, r.Epochs = Adopted, 20
	}
	return cosine(r)
}

// cosine is a recipe whose learning rate falls along a cosine over its epochs.
func cosine(r run.Recipe) run.Recipe {
	r.Schedule = run.Schedule{Name: "cosine", MinRate: 1e-5}
	return r
}

// FineTuneLayers are layers of a ConvNeXt to train it from, as run.Model.FineTuneAt counts them: all layers, then ever fewer, at last the head
// alone. The paper's sizes have more blocks than the smallest.
func FineTuneLayers(size string) []int {
	if size == "atto" {
		return []int{0, 36, 85, 103}
	}
	return []int{0, 125, 134, 143, 151}
}

// FineTuning is the smallest ConvNeXt trained from different layers on, and from random weights for comparison: equal seeds, epochs and images. It
// comes in the order of the layers that are trained, the fewest first.
func FineTuning(p Profile) []Trial {
	names := map[int]string{0: "all layers", 36: "the last two stages", 85: "the last stage", 103: "the head alone"}
	var trials []Trial
	for _, at := range slices.Backward(FineTuneLayers("atto")) {
		trials = append(trials, Trial{names[at], p.Run(fmt.Sprintf("transfer/from-%d", at)), Transfer(p, at)})
	}
	trials[len(trials)-1].Run = p.Run("convnext-transfer") // the same recipe
	scratch := Transfer(p, 0)
	scratch.Model.Weights = run.Weights{}
	return append(trials, Trial{"all, from random weights", p.Run("transfer/scratch"), scratch})
}

// Gradual is the smallest ConvNeXt, unfrozen step by step (Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018): after
// the head alone, which is the first of FineTuning, the last stage too, and then all, each from the weights of the training before.
func Gradual(p Profile) []Trial {
	before := p.Run("transfer/from-103")
	var trials []Trial
	for i, at := range []int{85, 0} {
		r := Transfer(p, at)
		r.Model.Weights.Run = before
		before = p.Run(fmt.Sprintf("transfer/gradual-%d", i+2))
		trials = append(trials, Trial{fmt.Sprintf("gradually, part %d of 3", i+2), before, r})
	}
	return trials
}

// Sides is the smallest ConvNeXt with its last two stages trained on images of different sides. Smoke has one: each compiles a graph of its own.
func Sides(p Profile) []Trial {
	sides := map[Profile][]int{Smoke: {32}, Quick: {32, 64}, Full: {32, 64, 96}}[p]
	var trials []Trial
	for _, side := range sides {
		r := Transfer(p, 36)
		if side != 32 {
			r.Model.Side = side
		}
		trials = append(trials, Trial{fmt.Sprintf("%dx%d", side, side), p.Run(fmt.Sprintf("transfer/side-%d", side)), r})
	}
	trials[0].Run = p.Run("transfer/from-36") // the same recipe
	return trials
}
