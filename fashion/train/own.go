package train

import (
	"crypto/sha256"
	"encoding/hex"
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

// keepSchedule records a digest of a schedule of one's own. One that has changed since the run's first epochs is an error.
func (f *fitting) keepSchedule() error {
	steps := f.Recipe.Steps()
	for _, o := range of[optim.Own](f.trainer.Own) {
		if o.Name != f.Recipe.Schedule.Name {
			continue
		}
		h := sha256.New()
		for step := range steps {
			fmt.Fprintln(h, o.Factor(step, steps)) // a hash never fails
		}
		sum := hex.EncodeToString(h.Sum(nil))
		if before := f.Record.Data["schedule"]; before != "" && before != sum && len(f.History) > 0 {
			return fmt.Errorf("the schedule %q is not the one that the run began with; hand that over, choose another run name, or remove the folder to train anew", o.Name)
		}
		f.Record.Data["schedule"] = sum
	}
	return nil
}
