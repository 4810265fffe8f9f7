package train

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// reference is what testdata/ingredients/make.py recorded of PyTorch and timm.
func reference(t *testing.T, v any) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/ingredients/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

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
	var recorded struct {
		Smoothing struct {
			Logits []float32
			Labels []int32
			Cases  []struct {
				Smoothing        float64
				Losses, Gradient []float32
			}
		} `json:"label_smoothing"`
	}
	reference(t, &recorded)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	logits := tensors.FromFlatDataAndDimensions(recorded.Smoothing.Logits, 4, 10)
	if len(recorded.Smoothing.Cases) < 3 {
		t.Fatalf("%d cases are recorded", len(recorded.Smoothing.Cases))
	}
	for _, c := range recorded.Smoothing.Cases {
		exec, err := NewExec(backend, func(in []*Node) []*Node {
			losses, _ := crossEntropy(in[0], in[1], c.Smoothing)
			return []*Node{losses, Gradient(ReduceAllSum(losses), in[0])[0]}
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call(logits, recorded.Smoothing.Labels)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "losses", tensors.MustCopyFlatData[float32](out[0]), c.Losses)
		near(t, "gradient", tensors.MustCopyFlatData[float32](out[1]), c.Gradient)
	}
}

func TestLossOfMixedLabelsIsThatOfTimm(t *testing.T) {
	var recorded struct {
		Mixing struct {
			Labels    []int32
			Smoothing float64
			Cases     []struct {
				Kept           float32
				Logits, Losses []float32
			}
		}
	}
	reference(t, &recorded)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	exec, err := NewExec(backend, func(in []*Node) *Node {
		losses, _ := mixedCrossEntropy(in[0], in[1], Reverse(in[1], 0), in[2], recorded.Mixing.Smoothing)
		return losses
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range recorded.Mixing.Cases {
		out, err := exec.Call1(tensors.FromFlatDataAndDimensions(c.Logits, 4, 10), recorded.Mixing.Labels, c.Kept)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "losses", tensors.MustCopyFlatData[float32](out), c.Losses)
	}
}
