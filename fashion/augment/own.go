package augment

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Own is a user-defined transform, which a recipe names in recipes.Augmentation.Own. It is applied after all others.
type Own struct {
	Name string
	// Apply transforms images [B, H, W, C], with values in [0, 1], by random numbers [B, N], uniform in [0, 1), with the recipe's N. It returns images of the same
	// shape; their values are not clipped.
	Apply func(images, numbers *Node) *Node
}

// OwnName returns the name by which a recipe refers to the transform.
func (o Own) OwnName() string { return o.Name }

// Check returns an error if own lacks the transform that an augmentation names.
func Check(a recipes.Augmentation, own ...Own) error {
	if a.Own == (recipes.OwnAugmentation{}) {
		return nil
	}
	_, err := named(a, own)
	return err
}

// named returns the transform that an augmentation names.
func named(a recipes.Augmentation, own []Own) (Own, error) {
	i := slices.IndexFunc(own, func(o Own) bool { return o.Name == a.Own.Name })
	if i < 0 {
		return Own{}, fmt.Errorf("augmentation.own.name is %q, and no transform of that name is passed", a.Own.Name)
	}
	if own[i].Apply == nil {
		return Own{}, fmt.Errorf("the transform %q has no function Apply", a.Own.Name)
	}
	return own[i], nil
}

// applyOwn applies the transform that an augmentation names.
func applyOwn(a recipes.Augmentation, images, numbers *Node, own []Own) *Node {
	transform, err := named(a, own)
	if err != nil {
		panic(err)
	}
	changed := transform.apply(images, numbers)
	if changed == nil || !changed.Shape().Equal(images.Shape()) {
		panic(fmt.Errorf("the transform %q returns %v for images %v, want the same shape", a.Own.Name, changed, images.Shape()))
	}
	return changed
}

// apply is Apply, whose panics say which transform it is.
func (o Own) apply(images, numbers *Node) *Node {
	defer func() {
		if caught := recover(); caught != nil {
			panic(fmt.Errorf("the transform %q: %v", o.Name, caught))
		}
	}()
	return o.Apply(images, numbers)
}

func (p Parameters) appendOwn(row []float32, _, _ float64) []float32 {
	for _, v := range p.Own {
		row = append(row, float32(v))
	}
	if len(p.Own) == 0 {
		row = append(row, 0)
	}
	return row
}

// Digest identifies the code of the transform that an augmentation names for images of a shape, see layers.Digest; "" if it names none. The backend is one on which the transform can be built;
// nothing is compiled.
func Digest(backend compute.Backend, a recipes.Augmentation, shape fashion.Shape, own ...Own) (digest string, err error) {
	if a.Own == (recipes.OwnAugmentation{}) {
		return "", nil
	}
	err = layers.Catch(func() error {
		g := NewGraph(backend, a.Own.Name)
		defer g.Finalize()
		d := shape.Dimensions()
		images := Parameter(g, "images", shapes.Make(dtypes.Float32, 2, d[0], d[1], d[2]))
		numbers := Parameter(g, "numbers", shapes.Make(dtypes.Float32, 2, a.Own.Numbers))
		digest = layers.Digest(applyOwn(a, images, numbers, own))
		return nil
	})
	return digest, err
}
