package train

import (
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// mixed are the training images of a recipe with synthetic ones.
func mixed(t *testing.T, s run.Synthetic) part {
	t.Helper()
	loaded(t)
	p, _, sums, err := load(run.Data{Limit: 400, Validation: 0.25, SplitSeed: 1, Synthetic: s})
	if err != nil {
		t.Fatal(err)
	}
	if sums["synthetic images"] == "" || sums["synthetic images"] == sums["training images"] {
		t.Errorf("the record's checksums are %v", sums)
	}
	return p
}

func TestDifficultImagesHaveASmallerLeadAndAllKindsHaveEveryClassAlike(t *testing.T) {
	s := run.Synthetic{Run: "full/gan", Published: true, Share: 0.5}
	observer, err := Observer()
	if err != nil {
		t.Fatal(err)
	}
	var leads [2]float32
	for i, difficult := range []bool{false, true} {
		s.Difficult = difficult
		p := mixed(t, s)
		if p.real != 300 || p.mixed != 150 || p.set.Len() != 450 || len(p.indices) != 450 {
			t.Fatalf("%d real images, %d mixed in, %d in all, %d indices; want 300, 150, 450 and 450", p.real, p.mixed, p.set.Len(), len(p.indices))
		}
		made := fashion.Set{Images: p.set.Images[p.real:], Labels: p.set.Labels[p.real:]}
		for class, n := range made.CountByClass() {
			if n != 15 {
				t.Errorf("%d generated images of %v, want 15", n, fashion.Label(class))
			}
		}
		seen, err := observer.Observe(made.Images)
		if err != nil {
			t.Fatal(err)
		}
		for k, class := range made.Labels {
			lead := seen.Lead(k, class)
			if difficult && lead < 0 {
				t.Errorf("difficult image %d is taken for %v, not for %v", k, seen.Predicted(k), class)
			}
			leads[i] += lead / float32(made.Len())
		}
	}
	if !(leads[1] < leads[0]-0.1) {
		t.Errorf("the mean lead is %v for any images and %v for difficult ones", leads[0], leads[1])
	}
}

func TestLeadIsOverTheMostProbableOtherClass(t *testing.T) {
	o := Observation{Predictions: run.Predictions{Probabilities: [][fashion.NumClasses]float32{{0.5, 0.125, 0.375}}}}
	for class, want := range map[fashion.Label]float32{0: 0.125, 1: -0.375, 9: -0.5} {
		if got := o.Lead(0, class); got != want {
			t.Errorf("the lead of class %d is %v, want %v", class, got, want)
		}
	}
	if o.Predicted(0) != 0 {
		t.Errorf("the class is %v", o.Predicted(0))
	}
}

func TestSyntheticImagesThatCannotBeMadeAreAnError(t *testing.T) {
	loaded(t)
	t.Setenv(run.RootVariable, t.TempDir())
	for name, c := range map[string]struct {
		synthetic run.Synthetic
		want      string
	}{
		"no such run": {run.Synthetic{Run: "none", Share: 0.5}, "not run"},
		"no GAN":      {run.Synthetic{Run: "full/residual", Published: true, Share: 0.5}, "want a GAN"},
	} {
		_, _, _, err := load(run.Data{Limit: 400, Validation: 0.25, SplitSeed: 1, Synthetic: c.synthetic})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.want)
		}
	}
	// Noise of a class is never taken for it so often.
	noise := fashion.Set{Images: make([]fashion.Image, 40), Labels: make([]fashion.Label, 40)}
	for i := range noise.Images {
		noise.Images[i][i] = 255
	}
	real, _, _, err := load(run.Data{Limit: 400, Validation: 0.25, SplitSeed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := difficult(noise, real.set, 10); err == nil || !strings.Contains(err.Error(), "train the GAN longer") {
		t.Errorf("difficult images of noise: %v, want an error that says to train longer", err)
	}
}
