package augment

import (
	"math"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/recipes"
)

func TestMixupAndCutMixAreThoseOfTimm(t *testing.T) {
	var kept struct {
		Mixing struct {
			Images []float32
			Cases  []struct {
				Kind           string
				Fraction, Kept float64
				Y, X           int
				Box            []int
				Mixed          []float32
			}
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	exec, err := NewExec(backend, func(in []*Node) []*Node {
		mixed, kept := ApplyMix(in[0], Reverse(in[0], 0), in[1])
		return []*Node{mixed, kept}
	})
	if err != nil {
		t.Fatal(err)
	}
	images := tensors.FromFlatDataAndDimensions(kept.Mixing.Images, 4, 7, 6, 1)
	if len(kept.Mixing.Cases) < 5 {
		t.Fatalf("%d cases are recorded", len(kept.Mixing.Cases))
	}
	for _, c := range kept.Mixing.Cases {
		m := Mix{Kept: c.Fraction, Pixels: c.Fraction}
		if c.Kind == "cutmix" {
			m = cutMix(c.Fraction, c.Y, c.X, 7, 6)
			if box := (Mix{m.Kept, 1, c.Box[0], c.Box[1], c.Box[2], c.Box[3]}); m != box {
				t.Errorf("%+v: the rectangle is that of %+v, want %+v", c.Fraction, m, box)
			}
		}
		out, err := exec.Call(images, m.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range tensors.MustCopyFlatData[float32](out[0]) {
			if math.Abs(float64(got-c.Mixed[i])) > 1e-6 {
				t.Errorf("%s %v: pixel %d is %v, want %v", c.Kind, c.Fraction, i, got, c.Mixed[i])
				break
			}
		}
		if kept := out[1].Value().(float32); math.Abs(float64(kept)-c.Kept) > 1e-6 {
			t.Errorf("%s %v: the label counts %v, want %v", c.Kind, c.Fraction, kept, c.Kept)
		}
	}
}

func TestMixesAreDrawnFromTheBetaDistribution(t *testing.T) {
	for _, alpha := range []float64{0.1, 0.4, 1, 4} {
		const n = 20000
		sum, squares := 0.0, 0.0
		for step := range n {
			m := DrawMix(recipes.Regularization{Mixup: alpha}, 3, step, 28, 28)
			sum, squares = sum+m.Kept, squares+m.Kept*m.Kept
		}
		mean := sum / n
		variance, want := squares/n-mean*mean, 1/(4*(2*alpha+1))
		if math.Abs(mean-0.5) > 0.015 || math.Abs(variance-want) > 0.04*want {
			t.Errorf("alpha %v: mean %v and variance %v, want 0.5 and %v", alpha, mean, variance, want)
		}
	}
}

func TestWithBothABatchHasEither(t *testing.T) {
	cut := 0
	for step := range 1000 {
		m := DrawMix(recipes.Regularization{Mixup: 1, CutMix: 1}, 3, step, 28, 28)
		if m != DrawMix(recipes.Regularization{Mixup: 1, CutMix: 1}, 3, step, 28, 28) {
			t.Fatal("a step's draw is not always the same")
		}
		if m.Pixels == 1 {
			cut++
		}
	}
	if cut < 450 || cut > 550 {
		t.Errorf("%d of 1,000 batches have CutMix, want about half", cut)
	}
}
