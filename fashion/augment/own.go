package augment

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/run"
)

// Own is a transform of the user's own, which a recipe names in run.Augmentation.Own. It comes after all others.
type Own struct {
	Name string
	// Apply changes images [B, H, W, C], grey values in [0, 1], by the numbers that each drew, [B, N], uniform in [0, 1): as many as the recipe says. What it returns has the
	// images' shape.
	Apply func(images, numbers *Node) *Node
}

// OwnName is the name that a recipe has for it.
func (o Own) OwnName() string { return o.Name }

// Check reports a transform that an augmentation names and that is not handed over.
func Check(a run.Augmentation, own ...Own) error {
	if a.Own == (run.OwnAugmentation{}) {
		return nil
	}
	_, err := named(a, own)
	return err
}

// named is the transform that an augmentation names.
func named(a run.Augmentation, own []Own) (Own, error) {
	i := slices.IndexFunc(own, func(o Own) bool { return o.Name == a.Own.Name })
	if i < 0 {
		return Own{}, fmt.Errorf("augmentation.own.name is %q, and no transform of that name is handed over", a.Own.Name)
	}
	if own[i].Apply == nil {
		return Own{}, fmt.Errorf("the transform %q has no function Apply", a.Own.Name)
	}
	return own[i], nil
}

// applyOwn changes images by the transform that an augmentation names.
func applyOwn(a run.Augmentation, images, numbers *Node, own []Own) *Node {
	transform, err := named(a, own)
	if err != nil {
		panic(err)
	}
	changed := transform.Apply(images, numbers)
	if changed == nil || !changed.Shape().Equal(images.Shape()) {
		panic(fmt.Errorf("the transform %q makes %v of images %v, want the same shape", a.Own.Name, changed, images.Shape()))
	}
	return changed
}
