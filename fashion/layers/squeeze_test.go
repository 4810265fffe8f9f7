package layers

import (
	"math"
	"testing"

	"fashionlab/fashion/internal/fixture"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestSqueezeAndExcitationIsThatOfTimm(t *testing.T) {
	var kept struct {
		Squeeze struct {
			X, Dy, Y, Dx, DSqueeze []float32
			Weights                map[string][]float32
		}
	}
	fixture.Numbers(t, "ingredients/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store, r := model.NewStore(), kept.Squeeze
	for name, dims := range map[string][]int{"squeeze/kernel": {8, 2}, "squeeze/bias": {2}, "excite/kernel": {2, 8}, "excite/bias": {8}} {
		store.VariableWithValue(Path("se/"+name), tensors.FromFlatDataAndDimensions(r.Weights[name], dims...))
	}
	exec, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) []*Node {
		n := Inference(in[0].Graph(), store, 1)
		y := n.SqueezeExcite("se", in[0], 4)
		return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, in[1])), in[0], n.Param("se/squeeze/kernel", nil, 8, 2))...)
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(r.X, 2, 3, 3, 8), tensors.FromFlatDataAndDimensions(r.Dy, 2, 3, 3, 8))
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][]float32{r.Y, r.Dx, r.DSqueeze} {
		for i, got := range tensors.MustCopyFlatData[float32](out[k]) {
			if !(math.Abs(float64(got-want[i])) <= 1e-5*max(1, math.Abs(float64(want[i])))) {
				t.Errorf("result %d: number %d is %v, want %v", k, i, got, want[i])
				break
			}
		}
	}
}
