package infer_test

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// A network whose first logit is the sum of the upper left quarter, and the others 0, must be explained by that quarter.
func TestOcclusionFindsThePixelsThatTheLogitIsMadeOf(t *testing.T) {
	quarter := func(_ *layers.Net, images *Node) *Node { // [B, 28, 28, 1]
		seen := Slice(images, AxisRange(), AxisRange(0, 14), AxisRange(0, 14))
		sum := ReduceSum(seen, 1, 2) // [B, 1]
		return Concatenate([]*Node{sum, ZerosLike(BroadcastToDims(sum, images.Shape().Dimensions[0], fashion.NumClasses-1))}, 1)
	}
	m := infer.New(backendOf(t), model.NewStore(), models.Network{Name: "quarter", Logits: quarter}, recipes.Recipe{})
	var image fashion.Image
	for i := range image {
		image[i] = 255
	}
	e, err := m.Occlusion([]fashion.Image{image, {}}, 6)
	if err != nil {
		t.Fatal(err)
	}
	if e.Classes[0] != 0 || math.Abs(float64(e.Probability[0]-1)) > 1e-6 {
		t.Errorf("predicted is %v with %v, want class 0 with 1", e.Classes[0], e.Probability[0])
	}
	at := func(row, column int) float32 { return e.Maps[0][row*fashion.Side+column] }
	if inside, border, outside := at(6, 6), at(13, 6), at(22, 22); inside != 1 || border <= 0 || border >= 1 || outside != 0 {
		t.Errorf("the map is %v inside of the quarter, %v on its border, %v outside, want 1, between, 0", inside, border, outside)
	}
	if slices.Max(e.Maps[1][:]) != 0 {
		t.Error("of a black image, where nothing can be covered, the map shows something")
	}
	other, err := m.Occlusion([]fashion.Image{image}, 6, 1)
	if err != nil || other.Classes[0] != 1 || other.Probability[0] > 1e-6 || slices.Max(other.Maps[0]) != 0 {
		t.Errorf("class 1, which no pixel changes, is explained as %v with %v and a map up to %v (%v)", other.Classes, other.Probability, slices.Max(other.Maps[0]), err)
	}
	for _, side := range []int{1, 29} {
		if _, err := m.Occlusion([]fashion.Image{image}, side); err == nil {
			t.Errorf("squares of %d pixels are no error", side)
		}
	}
}

// J. Adebayo et al., "Sanity Checks for Saliency Maps" (2018): what does not change with the weights explains nothing of what was learned.
func TestExplanationsChangeWithRandomWeights(t *testing.T) {
	m, set := explained(t)
	s, err := trainSmall()
	if err != nil {
		t.Fatal(err)
	}
	random, err := infer.Untrained(s.recipe)
	if err != nil {
		t.Fatal(err)
	}
	images, labels := set.Images[:8], set.Labels[:8]
	for name, explain := range map[string]func(*infer.Model) (infer.Explanation, error){
		"Grad-CAM":  func(m *infer.Model) (infer.Explanation, error) { return m.GradCAM(images, labels...) },
		"occlusion": func(m *infer.Model) (infer.Explanation, error) { return m.Occlusion(images, 6, labels...) },
	} {
		trained, err := explain(m)
		if err != nil {
			t.Fatal(err)
		}
		untrained, err := explain(random)
		if err != nil {
			t.Fatal(err)
		}
		same := 0
		for i := range images {
			if farthest(trained.Maps[i][:], untrained.Maps[i][:]) < 0.3 {
				same++
			}
		}
		if same > 2 {
			t.Errorf("%s: %d of %d maps are those of random weights", name, same, len(images))
		}
	}
}
