package session

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// keepOwn records digests of the code of one's own, see checkOwn.
func (s *Session) keepOwn() error {
	digests, err := s.config.checkOwn(s.Run)
	if err == nil {
		maps.Copy(s.Record.Data, digests)
	}
	return err
}

// checkOwn returns digests of a schedule, a transform, an update rule and a loss of one's own that the recipe names. One that has changed since a run's first epochs is an error.
func (c Config) checkOwn(r *run.Run) (digests map[string]string, err error) {
	digests = map[string]string{}
	steps := c.Recipe.Steps()
	for _, o := range recipes.OwnOf[optim.OwnSchedule](c.Own) {
		if o.Name == c.Recipe.Schedule.Name {
			h := sha256.New()
			for step := range steps {
				factor := o.Factor(step, steps)
				if !(factor >= 0) || math.IsInf(factor, 1) {
					return nil, fmt.Errorf("the schedule %q has the factor %v at step %d of %d, want a finite number of 0 or more", o.Name, factor, step, steps)
				}
				fmt.Fprintln(h, factor) // a hash never fails
			}
			digests["schedule"] = hex.EncodeToString(h.Sum(nil))
		}
	}
	if c.Recipe.Augmentation.Own.Name != "" {
		backend, err := infer.Backend()
		if err != nil {
			return nil, err
		}
		if digests["transform"], err = augment.Digest(backend, c.Recipe.Augmentation, c.Recipe.Model.Shape, recipes.OwnOf[augment.Own](c.Own)...); err != nil {
			return nil, err
		}
	}
	rule, err := optim.Digest(c.Recipe.Optimizer, recipes.OwnOf[optim.OwnRule](c.Own)...)
	if err != nil {
		return nil, err
	}
	if rule != "" {
		digests["update rule"] = rule
	}
	loss, err := optim.LossDigest(c.Recipe.Loss, cmp.Or(c.Recipe.Model.Classes, fashion.NumClasses), recipes.OwnOf[optim.OwnLoss](c.Own)...)
	if err != nil {
		return nil, err
	}
	if loss != "" {
		digests["loss"] = loss
	}
	for kind, digest := range digests {
		if before := r.Record.Data[kind]; before != "" && before != digest && len(r.History) > 0 {
			name := map[string]string{"schedule": c.Recipe.Schedule.Name, "transform": c.Recipe.Augmentation.Own.Name, "update rule": c.Recipe.Optimizer.Name, "loss": c.Recipe.Loss}[kind]
			return nil, fmt.Errorf("%s: the %s %q is not the one that the run began with; pass that one, choose another run name, or remove the folder to train anew", r.Dir, kind, name)
		}
	}
	return digests, nil
}
