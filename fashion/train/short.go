package train

import "fashionlab/fashion/recipes"

// settled is about how many steps the running averages of batch normalization, with a momentum of 0.99, need to catch up with the weights as the learning rate falls.
const settled = 2000

// WithPreciseBN returns a recipe with precise statistics of batch normalization (recipes.Recipe.PreciseBN) if its network has any, it has none, and the training has fewer than 2,000 steps: in so few the
// running averages lag behind the weights, and a network that fits its training images may classify others at random. Other recipes are returned as they are. own is as in Fit.
func WithPreciseBN(recipe recipes.Recipe, own ...recipes.Own) (recipes.Recipe, error) {
	if recipe.PreciseBN > 0 || recipe.Steps() >= settled {
		return recipe, nil
	}
	normalized, err := batchNormalized(recipe, own)
	if normalized {
		recipe.PreciseBN = recipes.EnoughPreciseBN
	}
	return recipe, err
}
