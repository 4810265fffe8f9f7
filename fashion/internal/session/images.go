package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/recipes"
)

// Images are those of a recipe.
type Images struct {
	Training   Training
	Validation Split
	sums       map[string]string // sha256 of their pixels, by what they are
}

// Split is a part of the training images.
type Split struct {
	Indices []int // positions in the file; those of synthetic images follow on the last
	Set     fashion.Set
}

// Training is the training split, on the device as bytes: they are normalized in the graph.
type Training struct {
	Split
	Real   int             // images that are not synthetic; the set has them first. An epoch has as many
	mixed  int             // synthetic images among those of an epoch
	images *tensors.Tensor // uint8 [N, D]; D is 784 for Fashion-MNIST
	labels *tensors.Tensor // int32 [N]
}

// Synthesizer makes the synthetic images that a recipe mixes in. It is passed as a user-defined part.
type Synthesizer interface {
	recipes.Own
	// Makes reports whether it makes the images of a recipe.
	Makes(s recipes.Synthetic) bool
	// Synthesize makes images, as many of each class and at least n in all. Training images may be changed, validation images may only be compared with. It may call progress, from one
	// goroutine at a time, and stops with the context's error when that ends, if it takes long.
	Synthesize(ctx context.Context, s recipes.Synthetic, n int, training, validation fashion.Set, progress func(done, of int)) (fashion.Set, error)
}

// SynthesizerOf returns the part of one's own that makes the synthetic images of a recipe, of which there must be one.
func SynthesizerOf(s recipes.Synthetic, own []recipes.Own) (Synthesizer, error) {
	makers := slices.DeleteFunc(recipes.OwnOf[Synthesizer](own), func(m Synthesizer) bool { return !m.Makes(s) })
	if len(makers) != 1 {
		what, maker := "images of the GAN "+s.Run, "gan.Synthesizer{}"
		if s.Photos {
			what, maker = "photos of training images", "scene.Synthesizer{}"
		}
		return nil, fmt.Errorf("the recipe mixes in %s, and %d parts that make them are passed, want one: %s", what, len(makers), maker)
	}
	return makers[0], nil
}

// Load returns the images that a recipe asks for. It never opens the test files. While synthetic images are made, progress is called, which may be nil; when the context ends, they are not made.
func Load(ctx context.Context, d recipes.Data, own []recipes.Own, progress func(done, of int)) (*Images, error) {
	set, err := dataset.Train(d)
	if err != nil {
		return nil, err
	}
	t, v, err := fashion.Split(set.Labels, d.Validation, d.Limit, d.SplitSeed)
	if err != nil {
		return nil, err
	}
	of := func(positions []int) Split {
		s := Split{positions, set.Take(positions)}
		if d.Task == recipes.Rotation {
			return s.rotated()
		}
		return s
	}
	i := Images{Training: Training{Split: of(t)}, Validation: of(v), sums: map[string]string{"training images": checksum(set)}}
	i.Training.Real = i.Training.Set.Len()
	if d.Synthetic.Fraction > 0 {
		if progress == nil {
			progress = func(int, int) {}
		}
		if err := i.mix(ctx, d.Synthetic, own, set.Len(), progress); err != nil {
			return nil, err
		}
	}
	i.Training.upload()
	return &i, nil
}

// mix adds synthetic images to the training split. Their indices begin at first.
func (i *Images) mix(ctx context.Context, s recipes.Synthetic, own []recipes.Own, first int, progress func(done, of int)) error {
	maker, err := SynthesizerOf(s, own)
	if err != nil {
		return err
	}
	t := &i.Training
	t.mixed = int(s.Fraction*float64(t.Real) + 0.5)
	made, err := maker.Synthesize(ctx, s, t.mixed, t.Set, i.Validation.Set, progress)
	if err != nil {
		return fmt.Errorf("synthetic images: %w", err)
	}
	for k := range made.Images {
		t.Indices = append(t.Indices, first+k)
	}
	t.Set.Images, t.Set.Labels = append(t.Set.Images, made.Images...), append(t.Set.Labels, made.Labels...)
	i.sums["synthetic images"] = checksum(made)
	return nil
}

// rotated is a split with each image in its four orientations, which are its labels. Image i of the file has the positions 4*i to 4*i+3.
func (s Split) rotated() Split {
	r := Split{Set: s.Set.RotationTask()}
	for _, i := range s.Indices {
		r.Indices = append(r.Indices, 4*i, 4*i+1, 4*i+2, 4*i+3)
	}
	return r
}

// checksum is the sha256 of a set's pixels.
func checksum(s fashion.Set) string {
	h := sha256.New()
	for i := range s.Len() {
		h.Write(s.At(i)) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// upload brings the images to the device.
func (t *Training) upload() {
	n, bytes := t.Set.Len(), t.Set.Shape.Bytes()
	t.images = tensors.FromShape(shapes.Make(dtypes.Uint8, n, bytes))
	tensors.MustMutableFlatData(t.images, func(flat []uint8) {
		for i := range n {
			copy(flat[i*bytes:], t.Set.At(i))
		}
	})
	t.labels = tensors.FromShape(shapes.Make(dtypes.Int32, n))
	tensors.MustMutableFlatData(t.labels, func(flat []int32) {
		for i, l := range t.Set.Labels {
			flat[i] = int32(l)
		}
	})
}

// order is the order of an epoch's images, 1 for the first epoch, filled up to a whole number of batches. It depends
// on the seed and the epoch alone.
func (t Training) order(batch int, seed uint64, epoch int) []int32 {
	r := rand.New(rand.NewPCG(seed, uint64(epoch)))
	chosen := r.Perm(t.Real)
	if t.mixed > 0 {
		chosen = chosen[:t.Real-t.mixed]
		for _, i := range r.Perm(t.Set.Len() - t.Real)[:t.mixed] {
			chosen = append(chosen, t.Real+i)
		}
		r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	}
	list := make([]int32, 0, len(chosen)+batch)
	for _, i := range chosen {
		list = append(list, int32(i))
	}
	for i := 0; len(list)%batch != 0; i++ {
		list = append(list, list[i])
	}
	return list
}
