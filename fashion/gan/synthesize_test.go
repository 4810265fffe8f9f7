package gan

import (
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// mixed are the training images of a recipe with synthetic ones.
func mixed(t *testing.T, s recipes.Synthetic) session.Training {
	t.Helper()
	images, err := session.Load(t.Context(), recipes.Data{Limit: 400, Validation: 0.25, SplitSeed: 1, Synthetic: s}, []recipes.Own{Synthesizer{}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return images.Training
}

func TestHardExamplesHaveASmallerMarginAndAllKindsHaveEveryClassAlike(t *testing.T) {
	s := recipes.Synthetic{Run: "full/gan", Published: true, Fraction: 0.5}
	reference, err := infer.Reference()
	if err != nil {
		t.Fatal(err)
	}
	var margins [2]float32
	for i, hard := range []bool{false, true} {
		s.Hard = hard
		p := mixed(t, s)
		if p.Real != 300 || p.Set.Len() != 450 || len(p.Indices) != 450 {
			t.Fatalf("%d real images, %d in all, %d indices; want 300, 450 and 450", p.Real, p.Set.Len(), len(p.Indices))
		}
		made := fashion.Set{Images: p.Set.Images[p.Real:], Labels: p.Set.Labels[p.Real:]}
		for class, n := range made.CountByClass() {
			if n != 15 {
				t.Errorf("%d generated images of %v, want 15", n, fashion.Label(class))
			}
		}
		seen, err := reference.Embed(made.Images)
		if err != nil {
			t.Fatal(err)
		}
		for k, class := range made.Labels {
			margin := seen.Margin(k, class)
			if hard && margin < 0 {
				t.Errorf("hard example %d is classified as %v, not as %v", k, seen.Predicted(k), class)
			}
			margins[i] += margin / float32(made.Len())
		}
	}
	if !(margins[1] < margins[0]-0.1) {
		t.Errorf("the mean margin is %v for any images and %v for hard examples", margins[0], margins[1])
	}
}

func TestSyntheticImagesThatCannotBeMadeAreAnError(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	for name, c := range map[string]struct {
		synthetic recipes.Synthetic
		want      string
	}{
		"no such run": {recipes.Synthetic{Run: "none", Fraction: 0.5}, "not run"},
		"no GAN":      {recipes.Synthetic{Run: "full/residual", Published: true, Fraction: 0.5}, "want a GAN"},
	} {
		_, err := session.Load(t.Context(), recipes.Data{Limit: 400, Validation: 0.25, SplitSeed: 1, Synthetic: c.synthetic}, []recipes.Own{Synthesizer{}}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.want)
		}
	}
	if _, err := session.Load(t.Context(), recipes.Data{Limit: 400, Validation: 0.25, SplitSeed: 1, Synthetic: recipes.Synthetic{Run: "full/gan", Published: true, Fraction: 0.5}}, nil, nil); err == nil || !strings.Contains(err.Error(), "gan.Synthesizer") {
		t.Errorf("without a part that makes them: %v, want an error that names gan.Synthesizer", err)
	}
	// Noise is never assigned to one class so often.
	noise := fashion.Set{Images: make([]fashion.Image, 40), Labels: make([]fashion.Label, 40)}
	for i := range noise.Images {
		noise.Images[i][i] = 255
	}
	images, err := session.Load(t.Context(), recipes.Data{Limit: 400, Validation: 0.25, SplitSeed: 1}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hardest(noise, images.Training.Set, 10); err == nil || !strings.Contains(err.Error(), "train the GAN longer") {
		t.Errorf("hard examples of noise: %v, want an error that says to train longer", err)
	}
}
