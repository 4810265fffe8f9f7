package train

import (
	"fmt"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// checkOwn reports parts of another kind, and a transform that the recipe names and that is missing.
func checkOwn(r recipes.Recipe, own []recipes.Own) error {
	passed := map[string]bool{}
	for _, part := range own {
		switch part.(type) {
		case models.Network, augment.Own, optim.OwnLoss, optim.OwnSchedule, optim.OwnRule, Synthesizer:
			name := fmt.Sprintf("%T %q", part, part.OwnName())
			if passed[name] {
				return fmt.Errorf("%s is passed twice; give one of them another name", name)
			}
			passed[name] = true
		default:
			return fmt.Errorf("a %T is passed, want a models.Network, an augment.Own, an optim.OwnLoss, an optim.OwnSchedule, an optim.OwnRule or a train.Synthesizer", part)
		}
	}
	if r.Data.Synthetic.Fraction > 0 {
		if _, err := session.SynthesizerOf(r.Data.Synthetic, own); err != nil {
			return err
		}
	}
	return augment.Check(r.Augmentation, recipes.OwnOf[augment.Own](own)...)
}
