// Package models holds the study's networks as GoMLX graphs, one file each. A classifier takes images, float32 [B, H, W, C] with values from 0 (black) to 1,
// and returns logits, [B, classes]. H, W and C are 28, 28 and 1 for Fashion-MNIST, which comments have, and as recipes.Model.Shape says for other data sets.
package models

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Check returns an error for a model that is neither one of the study's nor the name of one in own, or that does not support a hyperparameter that is set.
func Check(m recipes.Model, own ...recipes.Own) (err error) {
	if isGAN(m, own) {
		_, err = GANOf(m, recipes.OwnOf[GAN](own)...)
	} else {
		_, err = Of(m, recipes.OwnOf[Network](own)...)
	}
	return err
}

// enlarge brings images [B, H, W, C] to [B, side, side, C]: by a black border if input is "", by bilinear interpolation if it is "resize".
func enlarge(images *Node, input string, side int) *Node {
	own := images.Shape().Dimensions[1]
	if own == side {
		return images
	}
	if input == "resize" {
		return layers.Resize(images, side, side)
	}
	border := PadAxis{Start: (side - own) / 2, End: (side - own) / 2}
	return Pad(images, ScalarZero(images.Graph(), images.DType()), PadAxis{}, border, border, PadAxis{})
}

// unsupported is the error of a recipe's model that sets what its network does not know; known is without that.
func unsupported(m, known recipes.Model) error {
	return fmt.Errorf("the model %s does not support what the recipe sets: %s", m.Name, strings.Join(recipes.Diff(recipes.Recipe{Model: m}, recipes.Recipe{Model: known}), ", "))
}
