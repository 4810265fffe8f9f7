package study

import (
	"fmt"

	"fashionlab/fashion/ensemble"
)

// SlideEnsemble lists the models of the slide's ensemble at a profile, with its weights. Where ImageNet's weights cannot be had, the ConvNeXt is the one
// with self-supervised pretraining.
func SlideEnsemble(p Profile) []ensemble.Candidate {
	return []ensemble.Candidate{
		p.candidate("CNN", SlideOf("cnn").Weight, "cnn"),
		p.candidate("ResNet50", SlideOf("resnet50").Weight, "resnet50"),
		p.candidate("ConvNeXt", SlideOf("convnext").Weight, "convnext", "convnext-transfer"),
	}
}

// OurEnsemble lists the same three models, each trained by our best recipe, with the slide's weights.
func OurEnsemble(p Profile) []ensemble.Candidate {
	return []ensemble.Candidate{
		p.candidate("CNN", SlideOf("cnn").Weight, "cnn-augmented"),
		p.candidate("ResNet50", SlideOf("resnet50").Weight, "resnet50-augmented"),
		p.candidate("ConvNeXt", SlideOf("convnext").Weight, "convnext-transfer"),
	}
}

// BestEnsemble lists our most accurate ensemble: a CNN, and the residual network trained in three ways. The CNN without augmentation got no weight among them.
func BestEnsemble(p Profile) []ensemble.Candidate {
	return []ensemble.Candidate{
		p.candidate("CNN, augmented", 0, "cnn-augmented"),
		p.candidate("residual, seed 1", 0, "residual"),
		p.candidate("residual, seed 2", 0, "residual-again"),
		p.candidate("residual, longer", 0, "residual-long"),
	}
}

// StrongEnsemble lists three seeds of ResidualStrong, equally weighted, and FinalEnsemble three of ResidualFinal.
func StrongEnsemble(p Profile) []ensemble.Candidate { return p.seeds("residual-strong") }

// FinalEnsemble: see StrongEnsemble.
func FinalEnsemble(p Profile) []ensemble.Candidate { return p.seeds("residual-final") }

// seeds are three trainings of a recipe that differ in the seed, equally weighted.
func (p Profile) seeds(recipe string) (list []ensemble.Candidate) {
	v := Variant{Run: p.Run(recipe), Recipe: byName[recipe](p)}
	for seed := uint64(1); seed <= 3; seed++ {
		list = append(list, ensemble.Candidate{Name: fmt.Sprintf("%s, seed %d", recipe, seed), Weight: 1, Runs: []string{v.WithSeed(seed).Run}, Command: fmt.Sprintf("%s -seed %d", p.Command(recipe), seed)})
	}
	return list
}

// candidate is a member of an ensemble that one of some recipes trains, the preferred first.
func (p Profile) candidate(name string, weight float64, recipes ...string) ensemble.Candidate {
	c := ensemble.Candidate{Name: name, Weight: weight}
	for _, recipe := range recipes {
		c.Runs, c.Command = append(c.Runs, p.Run(recipe)), p.Command(recipe)
	}
	return c
}

// Command is what trains and tests a recipe at a profile.
func (p Profile) Command(recipe string) string {
	return "go run ./kernel-setup train -recipe " + recipe + " -profile " + string(p)
}
