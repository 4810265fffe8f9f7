package study

// Voter is a model's place in an ensemble.
type Voter struct {
	Name    string
	Recipes []string // names of the recipes that may take the place, the preferred first
	Weight  float64  // that the slide gives it; 0 if no slide does
}

// SlideEnsemble lists the models of the slide's ensemble with its weights. Where ImageNet's weights cannot be had, the ConvNeXt is the one
// that starts from a source of our own.
func SlideEnsemble() []Voter {
	return []Voter{
		{"CNN", []string{"cnn"}, SlideOf("cnn").Weight},
		{"ResNet50", []string{"resnet50"}, SlideOf("resnet50").Weight},
		{"ConvNeXt", []string{"convnext", "convnext-transfer"}, SlideOf("convnext").Weight},
	}
}

// OurEnsemble lists the same three models, each trained by our best recipe.
func OurEnsemble() []Voter {
	voters := SlideEnsemble()
	voters[0].Recipes, voters[1].Recipes, voters[2].Recipes = []string{"cnn-augmented"}, []string{"resnet50-augmented"}, []string{"convnext-transfer"}
	return voters
}

// BestEnsemble lists the models of ours that vote best: a CNN, and the residual network trained in three ways. The CNN without augmentation got no weight among them.
func BestEnsemble() []Voter {
	return []Voter{
		{"CNN, augmented", []string{"cnn-augmented"}, 0},
		{"residual, seed 1", []string{"residual"}, 0},
		{"residual, seed 2", []string{"residual-again"}, 0},
		{"residual, longer", []string{"residual-long"}, 0},
	}
}

// Command is what trains and tests a recipe at a profile.
func (p Profile) Command(recipe string) string {
	return "go run ./kernel-setup train -recipe " + recipe + " -profile " + string(p)
}
