package train

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/layers"
)

// PyTorch's cumulative average, recorded beside it, leaves out the variance between batches: 1.4 where the population has 3.0.
func TestPreciseStatisticsAreThoseOfTheAuthorsImplementation(t *testing.T) {
	var kept struct {
		Batches, Kernels, Biases, Gammas, Betas, Precise, Cumulative [][]float32
	}
	fixture.Numbers(t, "precise/reference.json", &kept)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	var parameters []string
	exec, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) []*Node {
		zero := Scalar(in[0].Graph(), dtypes.Uint32, uint32(0))
		n := layers.Training(in[0].Graph(), store, 1, layers.Step{Key: zero, First: zero})
		x := n.BatchNorm("norm1", n.Dense("dense1", in[0], 3))
		n.BatchNorm("norm2", n.Dense("dense2", n.Relu("relu", x), 2))
		var moments []*Node
		for _, u := range n.Updates() {
			moments = append(moments, u.Batch)
		}
		return moments
	})
	if err != nil {
		t.Fatal(err)
	}
	var seen population
	for _, batch := range kept.Batches {
		x := tensors.FromFlatDataAndDimensions(batch, 6, 4)
		if parameters == nil { // the first call makes them
			if _, err := exec.Call(x); err != nil {
				t.Fatal(err)
			}
			for i, layer := range []string{"1", "2"} {
				for name, values := range map[string][]float32{"dense" + layer + "/kernel": kept.Kernels[i], "dense" + layer + "/bias": kept.Biases[i],
					"norm" + layer + "/gamma": kept.Gammas[i], "norm" + layer + "/beta": kept.Betas[i]} {
					v := store.GetVariable(layers.Path(name))
					if err := v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)); err != nil {
						t.Fatal(err)
					}
					parameters = append(parameters, name)
				}
			}
		}
		out, err := exec.Call(x)
		if err != nil {
			t.Fatal(err)
		}
		moments := make([][]float32, len(out))
		for i := range out {
			moments[i] = tensors.MustCopyFlatData[float32](out[i])
		}
		seen.add(moments)
	}
	for i, got := range seen.moments() {
		near(t, []string{"mean 1", "variance 1", "mean 2", "variance 2"}[i], got, kept.Precise[i])
	}
	if got := kept.Cumulative[1][1]; got > 1.5 || kept.Precise[1][1] < 3 {
		t.Errorf("the recorded variances are %v and %v: the batches no longer differ", got, kept.Precise[1][1])
	}
}
