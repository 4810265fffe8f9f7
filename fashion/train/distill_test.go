package train

import (
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

func TestLossOfDistillationIsThatOfPyTorch(t *testing.T) {
	var kept struct {
		Distillation struct {
			Logits []float32
			Labels []int32
			Cases  []struct {
				Weight, Temperature    float64
				Soft, Losses, Gradient []float32
			}
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	logits := tensors.FromFlatDataAndDimensions(kept.Distillation.Logits, 4, 10)
	for _, c := range kept.Distillation.Cases {
		exec, err := NewExec(backend, func(in []*Node) []*Node {
			losses := optim.CrossEntropy(in[0], targets(in[1], in[0], 0))
			losses = distilled(losses, in[0], in[2], recipes.Distillation{Weight: c.Weight, Temperature: c.Temperature})
			return []*Node{losses, Gradient(ReduceAllSum(losses), in[0])[0]}
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call(logits, kept.Distillation.Labels, tensors.FromFlatDataAndDimensions(c.Soft, 4, 10))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "losses", tensors.MustCopyFlatData[float32](out[0]), c.Losses)
		near(t, "gradient", tensors.MustCopyFlatData[float32](out[1]), c.Gradient)
	}
	if len(kept.Distillation.Cases) < 3 {
		t.Fatalf("%d cases are recorded", len(kept.Distillation.Cases))
	}
}
