package augment

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/recipes"
)

func TestCropsAndFlipsByWholePixelsAreThoseOfTorchvision(t *testing.T) {
	var recorded struct {
		Crop struct {
			Images []float32
			Cases  []struct {
				Down, Right int
				Flip        bool
				Cropped     []float32
			}
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &recorded)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	a := recipes.Augmentation{Flip: recipes.AlternatingFlip, Crop: 2}
	exec, err := NewExec(backend, func(in []*Node) *Node { return Apply(a, in[0], in[1]) })
	if err != nil {
		t.Fatal(err)
	}
	images := tensors.FromFlatDataAndDimensions(recorded.Crop.Images, 4, 7, 6, 1)
	if len(recorded.Crop.Cases) < 5 {
		t.Fatalf("%d cases are recorded", len(recorded.Crop.Cases))
	}
	for _, c := range recorded.Crop.Cases {
		rows := Encode(a, slices.Repeat([]Parameters{{FlipHorizontal: c.Flip, Down: c.Down, Right: c.Right}}, 4), 7, 6)
		out, err := exec.Call1(images, tensors.FromFlatDataAndDimensions(rows, 4, EncodedSize(a)))
		if err != nil {
			t.Fatal(err)
		}
		if got := tensors.MustCopyFlatData[float32](out); !slices.Equal(got, c.Cropped) {
			t.Errorf("%d down, %d to the right, flip %v: %v, want %v", c.Down, c.Right, c.Flip, got, c.Cropped)
		}
	}
}

func TestAlternatingFlipShowsEachImageBothWaysInTwoEpochs(t *testing.T) {
	a := recipes.Augmentation{Flip: recipes.AlternatingFlip}
	flipped := 0
	for index := range 1000 {
		first := Draw(a, 3, 1, index).FlipHorizontal
		for epoch := 2; epoch < 6; epoch++ {
			if got := Draw(a, 3, epoch, index).FlipHorizontal; got != (first == (epoch%2 == 1)) {
				t.Fatalf("image %d is flipped in epoch %d: %v, in the first: %v", index, epoch, got, first)
			}
		}
		if first {
			flipped++
		}
	}
	if flipped < 450 || flipped > 550 {
		t.Errorf("the first epoch flips %d of 1,000 images, want about half", flipped)
	}
	if a.Rotation = recipes.Within(0.1); EncodedSize(a) != matrixColumns {
		t.Errorf("with a rotation an image has %d values, want those of the one resampling, %d", EncodedSize(a), matrixColumns)
	}
}

func TestCropsReachEveryMoveAndLeaveOtherDrawsAlone(t *testing.T) {
	plain := recipes.Augmentation{Contrast: recipes.Within(0.2), Cutout: recipes.Cutout{Count: 1, Probability: 1, Scale: recipes.Range{Low: 0.1, High: 0.3}}}
	cropped, moves := plain, map[[2]int]int{}
	cropped.Crop = 1
	for index := range 900 {
		want, got := Draw(plain, 3, 2, index), Draw(cropped, 3, 2, index)
		moves[[2]int{got.Down, got.Right}]++
		if got.Contrast != want.Contrast || !slices.Equal(got.Patches, want.Patches) {
			t.Fatal("a crop changes what other transforms draw")
		}
	}
	if len(moves) != 9 {
		t.Errorf("900 images are moved in %d ways, want 9", len(moves))
	}
	for move, times := range moves {
		if times < 60 || times > 140 {
			t.Errorf("%d of 900 images are moved by %v, want about 100", times, move)
		}
	}
}
