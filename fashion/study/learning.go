package study

import "fashionlab/fashion/recipes"

// Overfitting is the multilayer perceptron that a notebook defines under the name "mlp", trained on so few images that it memorizes them, and three remedies, each alone: weight decay,
// dropout, and eleven times the images, with about as many steps. The other images validate. Every profile but Smoke has the same.
func Overfitting(p Profile) []Variant {
	base := recipes.Recipe{
		Model:     recipes.Model{Name: "mlp"},
		Data:      recipes.Data{Limit: 4000, Validation: 0.9, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.001, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7},
		Epochs:    44,
		Batch:     32,
		Seed:      1,
	}
	decayed, dropped, more := base, base, base
	decayed.Optimizer.WeightDecay = 0.9
	dropped.Model.Dropout = 0.5
	more.Data.Limit, more.Data.Validation, more.Epochs = 8000, 0.45, 4
	variants := []Variant{
		{"baseline", p.Run("learning/overfitting"), base},
		{"weight decay", p.Run("learning/weight-decay"), decayed},
		{"dropout", p.Run("learning/dropout"), dropped},
		{"more images", p.Run("learning/more-images"), more},
	}
	if p == Smoke {
		for i := range variants {
			variants[i].Recipe.Epochs = 2
		}
	}
	return variants
}

// Normalization is a deep network without and with batch normalization, which a notebook defines under the names "deep" and "deep-normalized". Every profile but Smoke has the same.
func Normalization(p Profile) []Variant {
	plain := recipes.Recipe{
		Model:     recipes.Model{Name: "deep"},
		Data:      recipes.Data{Limit: 8000, Validation: 0.5, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.05},
		Epochs:    8,
		Batch:     64,
		Seed:      1,
	}
	if p == Smoke {
		plain.Epochs = 2
	}
	normalized := plain
	normalized.Model.Name = "deep-normalized"
	return []Variant{
		{"plain", p.Run("learning/deep"), plain},
		{"batch normalization", p.Run("learning/deep-normalized"), normalized},
	}
}
