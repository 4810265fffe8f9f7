package session

import (
	"fmt"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// CheckNamed reports a part that the recipe does not name and that would have no effect. A train.Trainer accepts such parts: another of its recipes may name them.
func CheckNamed(r recipes.Recipe, own []recipes.Own) error {
	for _, part := range own {
		var field, name string
		switch part.(type) {
		case models.Network, models.GAN:
			if r.Regularization.Distillation.Weight > 0 {
				continue // it may be a teacher's
			}
			field, name = "model.name", r.Model.Name
		case augment.Own:
			field, name = "augmentation.own.name", r.Augmentation.Own.Name
		case optim.OwnLoss:
			field, name = "loss", r.Loss
		case optim.OwnSchedule:
			field, name = "schedule.name", r.Schedule.Name
		case optim.OwnRule:
			field, name = "optimizer.name", r.Optimizer.Name
		default: // a Synthesizer has no name of its own, and what is of no kind is reported elsewhere
			continue
		}
		if name != part.OwnName() {
			return fmt.Errorf("%T %q is passed, and the recipe's %s is %q: it would have no effect; name it in the recipe, or do not pass it", part, part.OwnName(), field, name)
		}
	}
	return nil
}
