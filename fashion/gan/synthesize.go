package gan

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

const (
	hardCandidates = 8    // generated images from which each hard example is chosen
	neighbour      = 6    // an image is as similar to real ones as to its so many-th nearest neighbour among them
	realCompared   = 2000 // real images at most that it is compared with
	syntheticSeed  = 1    // of the latents
)

// Synthesizer makes the synthetic training images that a recipe mixes in, from the GAN that it names. It is handed to train.Fit. Latents follow from a fixed seed.
//
// Hard examples, where the recipe asks for them, are interpolated from their class towards another, less than half of the way. They are chosen by the reference classifier (see
// infer.Reference): of those that it still assigns to their class, and that are as similar to real images as nineteen in twenty real images are to each other, the ones of the smallest
// margin. So they are hard to classify, and neither wrongly labelled nor deformed, as far as that classifier can tell.
type Synthesizer struct {
	Own []recipes.Own // the user-defined GAN that the run of the recipe's GAN names, if any
}

// OwnName says what it is.
func (Synthesizer) OwnName() string { return "synthetic images" }

// Makes reports whether the recipe names a GAN.
func (Synthesizer) Makes(s recipes.Synthetic) bool { return s.Run != "" }

// Synthesize makes the images of a recipe, as many of each class and at least n in all. Hard examples are compared with the validation images.
func (y Synthesizer) Synthesize(_ context.Context, s recipes.Synthetic, n int, _, validation fashion.Set, _ func(done, of int)) (fashion.Set, error) {
	store := run.Local()
	if s.Published {
		store = run.Published()
	}
	r, err := store.Open(s.Run)
	if err != nil {
		return fashion.Set{}, err
	}
	if !r.Finished() {
		return fashion.Set{}, fmt.Errorf("%s is not finished; train it to its end first", r.Dir)
	}
	g, err := Load(r, y.Own...)
	if err != nil {
		return fashion.Set{}, err
	}
	perClass := (n + fashion.NumClasses - 1) / fashion.NumClasses
	if !s.Hard {
		return g.Set(perClass, syntheticSeed)
	}
	set, err := g.between(hardCandidates*perClass, syntheticSeed)
	if err != nil {
		return fashion.Set{}, err
	}
	return hardest(set, validation, perClass)
}

// between makes so many images of each class, interpolated towards another, less than half of the way.
func (g *Generator) between(perClass int, seed uint64) (fashion.Set, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	return g.set(perClass, seed, func(latent []float32, class fashion.Label) Code {
		other := (class + 1 + fashion.Label(r.IntN(fashion.NumClasses-1))) % fashion.NumClasses
		return CodeOf(latent, class).Interpolate(CodeOf(latent, other), r.Float64()/2)
	})
}

// hardest chooses so many hard examples of each class.
func hardest(made, real fashion.Set, perClass int) (fashion.Set, error) {
	reference, err := infer.Reference()
	if err != nil {
		return fashion.Set{}, err
	}
	real.Images = real.Images[:min(real.Len(), realCompared)]
	known, err := reference.Embed(real.Images)
	if err != nil {
		return fashion.Set{}, err
	}
	index, err := metrics.NewCosineIndex(known.Features)
	if err != nil {
		return fashion.Set{}, err
	}
	similarity, err := index.KthSimilarity(known.Features, neighbour+1) // an image is its own nearest neighbour, which real images must not gain from
	if err != nil {
		return fashion.Set{}, err
	}
	threshold := metrics.Percentile(similarity, 5)
	seen, err := reference.Embed(made.Images)
	if err != nil {
		return fashion.Set{}, err
	}
	if similarity, err = index.KthSimilarity(seen.Features, neighbour); err != nil {
		return fashion.Set{}, err
	}
	var candidates [fashion.NumClasses][]int
	for i, class := range made.Labels {
		if seen.Margin(i, class) >= 0 && similarity[i] >= threshold {
			candidates[class] = append(candidates[class], i)
		}
	}
	var chosen []int
	for class, list := range candidates {
		if len(list) < perClass {
			return fashion.Set{}, fmt.Errorf("%d of %d generated images of %v are classified as that and similar to real ones, want %d; train the GAN longer",
				len(list), made.Len()/fashion.NumClasses, fashion.Label(class), perClass)
		}
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Compare(seen.Margin(a, fashion.Label(class)), seen.Margin(b, fashion.Label(class)))
		})
		chosen = append(chosen, list[:perClass]...)
	}
	return made.Take(chosen), nil
}
