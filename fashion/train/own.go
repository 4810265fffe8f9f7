package train

import (
	"fmt"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// Part is a part of a training that is code of the user's own and not data of a recipe, which only has its name: a models.Network, an augment.Own or an optim.Own.
type Part interface{ OwnName() string }

// of are the parts of a kind.
func of[T Part](own []Part) (list []T) {
	for _, part := range own {
		if t, ok := part.(T); ok {
			list = append(list, t)
		}
	}
	return list
}

// checkOwn reports parts of another kind, and a transform that the recipe names and that is not handed over.
func checkOwn(r run.Recipe, own []Part) error {
	for _, part := range own {
		switch part.(type) {
		case models.Network, augment.Own, optim.Own:
		default:
			return fmt.Errorf("a %T is handed over, want a models.Network, an augment.Own or an optim.Own", part)
		}
	}
	return augment.Check(r.Augmentation, of[augment.Own](own)...)
}
