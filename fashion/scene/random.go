package scene

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/recipes"
)

// leastContrast is the smallest difference of a random scene's plain item from its background, in grey levels. Below it no item can be cut out.
const leastContrast = 20

// Random draws a scene. Each property of Conditions and Contrasts has a range, and most are absent in one of two scenes.
func Random(r *rand.Rand) Scene {
	between := func(low, high float64) float64 { return low + (high-low)*r.Float64() }
	sometimes := func(high float64) float64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return between(0, high)
	}
	backgrounds := []string{"white", "light", "dark", "shaded", "textured", "transparent"}
	s := Scene{Background: "grey", Grey: between(120, 255), Size: between(0.3, 0.9), JPEGQuality: 10 + r.IntN(86)}
	if b := r.IntN(2 * len(backgrounds)); b < len(backgrounds) {
		s.Background = backgrounds[b]
	} else if r.IntN(2) == 0 {
		s.Texture = between(0, 15)
	}
	if r.IntN(2) == 0 { // light, grey and dark items, on grey of any level
		s.Item, s.Grey = between(10, 250), between(0, 255)
		for max(s.Item-s.Grey, s.Grey-s.Item) < leastContrast {
			s.Item = between(10, 250)
		}
	}
	s.Gradient, s.Shadow, s.Rotation = sometimes(100), sometimes(0.5), sometimes(15)
	s.Blur, s.Noise = sometimes(5), sometimes(20)
	s.Offset = 0.4 * (1 - s.Size) * r.Float64()
	return s
}

// Synthesizer makes the synthetic images of a recipe that mixes in photos (see recipes.Synthetic): each is a training image rendered in a random scene and prepared again. It is
// handed to train.Fit. Its random draws follow from a fixed seed.
type Synthesizer struct{}

// OwnName says what it makes.
func (Synthesizer) OwnName() string { return "photos" }

// Makes reports whether the recipe asks for photos.
func (Synthesizer) Makes(s recipes.Synthetic) bool { return s.Photos }

const (
	synthesizerSeed = 1
	attempts        = 10 // scenes that are drawn for an item, until its photo can be prepared
)

// Synthesize renders training images, as many of each class and at least n in all: as many as there are, at most.
func (Synthesizer) Synthesize(ctx context.Context, _ recipes.Synthetic, n int, training, _ fashion.Set, progress func(done, of int)) (fashion.Set, error) {
	perClass := (n + fashion.NumClasses - 1) / fashion.NumClasses
	var chosen []int
	var count [fashion.NumClasses]int
	for _, i := range rand.New(rand.NewPCG(synthesizerSeed, 0)).Perm(training.Len()) {
		if class := training.Labels[i]; count[class] < perClass {
			count[class]++
			chosen = append(chosen, i)
		}
	}
	slices.Sort(chosen)
	set := training.Take(chosen)
	images := make([]fashion.Image, set.Len())
	var mu sync.Mutex
	done := 0
	err := inParallel(set.Len(), func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done, set.Len())
		}()
		r := rand.New(rand.NewPCG(synthesizerSeed, uint64(1+chosen[i])))
		for range attempts {
			img, err := Random(r).Render(set.Images[i], r)
			if err != nil {
				return err
			}
			if p, err := photo.Prepare(img); err == nil {
				images[i] = p.Image
				return nil
			}
		}
		images[i] = set.Images[i] // an item that no scene shows stays as it is
		return nil
	})
	return fashion.Set{Images: images, Labels: set.Labels}, err
}
