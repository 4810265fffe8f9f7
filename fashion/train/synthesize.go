package train

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

const (
	difficultChoice = 8    // images from which each difficult one is chosen
	alikeNeighbour  = 6    // an image is as familiar as its so many-th neighbour among real ones is alike
	realCompared    = 2000 // real images at most that it is compared with
	syntheticSeed   = 1    // of the latents
)

// synthesize makes the images of a GAN that a recipe asks for, as many of each class, for epochs of which mixed images are synthetic. Difficult ones are made on the way
// from their class to another, less than half of it; of these they are those to whose class the observer gives the smallest lead over another, among those that it still takes for the class and that are as familiar to it as nineteen in twenty of the
// real images are: hard to tell, and neither wrongly labelled nor deformed, as far as the observer can say.
func synthesize(s run.Synthetic, mixed int, real fashion.Set) (fashion.Set, error) {
	store := run.Local()
	if s.Published {
		store = run.Published()
	}
	r, err := store.Open(s.Run)
	if err != nil {
		return fashion.Set{}, fmt.Errorf("synthetic images: %w", err)
	}
	if !r.Finished() {
		return fashion.Set{}, fmt.Errorf("synthetic images: %s is not finished; train it to its end first", r.Dir)
	}
	g, err := LoadGenerator(r)
	if err != nil {
		return fashion.Set{}, fmt.Errorf("synthetic images: %w", err)
	}
	perClass := (mixed + fashion.NumClasses - 1) / fashion.NumClasses
	if !s.Difficult {
		return g.Set(perClass, syntheticSeed)
	}
	set, err := g.between(difficultChoice*perClass, syntheticSeed)
	if err != nil {
		return fashion.Set{}, err
	}
	return difficult(set, real, perClass)
}

// between makes so many images of each class on the way to another, less than half of it.
func (g *Generator) between(perClass int, seed uint64) (fashion.Set, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	return g.set(perClass, seed, func(latent []float32, class fashion.Label) Code {
		other := (class + 1 + fashion.Label(r.IntN(fashion.NumClasses-1))) % fashion.NumClasses
		return Between(CodeOf(latent, class), CodeOf(latent, other), r.Float64()/2)
	})
}

// difficult chooses so many images of each class.
func difficult(made, real fashion.Set, perClass int) (fashion.Set, error) {
	observer, err := Observer()
	if err != nil {
		return fashion.Set{}, err
	}
	real.Images = real.Images[:min(real.Len(), realCompared)]
	known, err := observer.Observe(real.Images)
	if err != nil {
		return fashion.Set{}, err
	}
	// An image is its own nearest neighbour, which real images must not gain from.
	index, err := metrics.NewCosineIndex(known.Features)
	if err != nil {
		return fashion.Set{}, err
	}
	familiar, err := index.KthSimilarity(known.Features, alikeNeighbour+1)
	if err != nil {
		return fashion.Set{}, err
	}
	strange := metrics.Percentile(familiar, 5)
	seen, err := observer.Observe(made.Images)
	if err != nil {
		return fashion.Set{}, err
	}
	alike, err := index.KthSimilarity(seen.Features, alikeNeighbour)
	if err != nil {
		return fashion.Set{}, err
	}
	var candidates [fashion.NumClasses][]int
	for i, class := range made.Labels {
		if seen.Lead(i, class) >= 0 && alike[i] >= strange {
			candidates[class] = append(candidates[class], i)
		}
	}
	var chosen []int
	for class, list := range candidates {
		if len(list) < perClass {
			return fashion.Set{}, fmt.Errorf("%d of %d generated images of %v can be told and look familiar, want %d; train the GAN longer",
				len(list), made.Len()/fashion.NumClasses, fashion.Label(class), perClass)
		}
		slices.SortStableFunc(list, func(a, b int) int {
			return cmp.Compare(seen.Lead(a, fashion.Label(class)), seen.Lead(b, fashion.Label(class)))
		})
		chosen = append(chosen, list[:perClass]...)
	}
	return made.Take(chosen), nil
}
