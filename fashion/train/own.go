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

// checkNamed reports a part that the recipe does not name and that would have no effect. A Trainer accepts such parts: another of its recipes may name them.
func checkNamed(r recipes.Recipe, own []recipes.Own) error {
	for _, part := range own {
		var field, name string
		switch part.(type) {
		case models.Network:
			field, name = "model.name", r.Model.Name
		case augment.Own:
			field, name = "augmentation.own.name", r.Augmentation.Own.Name
		case optim.OwnLoss:
			field, name = "loss", r.Loss
		case optim.OwnSchedule:
			field, name = "schedule.name", r.Schedule.Name
		case optim.OwnRule:
			field, name = "optimizer.name", r.Optimizer.Name
		default: // a Synthesizer has no name of its own, and what is of no kind is reported by checkOwn
			continue
		}
		if name != part.OwnName() {
			return fmt.Errorf("%T %q is passed, and the recipe's %s is %q: it would have no effect; name it in the recipe, or do not pass it", part, part.OwnName(), field, name)
		}
	}
	return nil
}
