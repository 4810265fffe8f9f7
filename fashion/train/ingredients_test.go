package train

import (
	"math"
	"testing"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/optim"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// near reports the largest difference between lists of numbers, relative to 1 or to their size, if it is more than rounding.
func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= 1e-5*max(1, math.Abs(float64(want[i])))) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestLossOfSmoothedLabelsIsThatOfPyTorch(t *testing.T) {
	var kept struct {
		Smoothing struct {
			Logits []float32
			Labels []int32
			Cases  []struct {
				Smoothing        float64
				Losses, Gradient []float32
			}
		} `json:"label_smoothing"`
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	logits := tensors.FromFlatDataAndDimensions(kept.Smoothing.Logits, 4, 10)
	if len(kept.Smoothing.Cases) < 3 {
		t.Fatalf("%d cases are recorded", len(kept.Smoothing.Cases))
	}
	for _, c := range kept.Smoothing.Cases {
		exec, err := NewExec(backend, func(in []*Node) []*Node {
			losses := optim.CrossEntropy(in[0], targets(in[1], in[0], c.Smoothing))
			return []*Node{losses, Gradient(ReduceAllSum(losses), in[0])[0]}
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call(logits, kept.Smoothing.Labels)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "losses", tensors.MustCopyFlatData[float32](out[0]), c.Losses)
		near(t, "gradient", tensors.MustCopyFlatData[float32](out[1]), c.Gradient)
	}
}

func TestLossOfMixedLabelsIsThatOfTimm(t *testing.T) {
	var kept struct {
		Mixing struct {
			Labels    []int32
			Smoothing float64
			Cases     []struct {
				Kept           float32
				Logits, Losses []float32
			}
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	exec, err := NewExec(backend, func(in []*Node) *Node {
		losses := optim.CrossEntropy(in[0], targets(in[1], in[0], kept.Mixing.Smoothing))
		rest := optim.CrossEntropy(in[0], targets(Reverse(in[1], 0), in[0], kept.Mixing.Smoothing))
		return mix(losses, rest, in[2])
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range kept.Mixing.Cases {
		out, err := exec.Call1(tensors.FromFlatDataAndDimensions(c.Logits, 4, 10), kept.Mixing.Labels, c.Kept)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "losses", tensors.MustCopyFlatData[float32](out), c.Losses)
	}
}
