package layers

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"
)

// withGradients are an output and the gradients of its sum, weighted by the last input, for the other inputs.
func withGradients(form func(in []*Node) *Node) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		last := len(in) - 1
		y := form(in[:last])
		return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, in[last])), in[:last]...)...)
	}
}

func TestFormsOfAGANsLayersEqualTheReference(t *testing.T) {
	for _, c := range []struct{ h, w, channels, filters int }{{7, 7, 3, 4}, {2, 5, 1, 2}, {4, 4, 2, 1}, {1, 1, 2, 3}} {
		upsampled := func(form Form) func(in []*Node) []*Node {
			return withGradients(func(in []*Node) *Node { return upsampleConv(in[0], in[1], form) })
		}
		for _, form := range []Form{ForCPU, ForGPU} {
			formsAgree(t, named(form, "upsampled", "gradient of the input", "gradient of the kernel"), 1e-9, upsampled(Reference), upsampled(form),
				draw(1, 2, c.h, c.w, c.channels), draw(2, 3, 3, c.channels, c.filters), draw(3, 2, 2*c.h, 2*c.w, c.filters))
		}
	}
	modulated := func(form Form) func(in []*Node) []*Node {
		return withGradients(func(in []*Node) *Node { return modulate(in[0], in[1], in[2], form) })
	}
	for _, form := range []Form{ForCPU, ForGPU} {
		formsAgree(t, named(form, "modulated", "gradient of the input", "gradient of the gain", "gradient of the shift"), 1e-9, modulated(Reference), modulated(form),
			draw(1, 2, 3, 4, 5), draw(2, 2, 5), draw(3, 2, 5), draw(4, 2, 3, 4, 5))
	}
	formsAgree(t, []string{"averaged", "gradient of the input"}, 1e-12,
		withGradients(func(in []*Node) *Node { return MeanPool(in[0]).Window(2).Done() }), withGradients(func(in []*Node) *Node { return averagePool(in[0]) }),
		draw(1, 2, 4, 6, 5), draw(2, 2, 2, 3, 5))
}

// After some training steps the largest singular value of the normalized kernel is one; that of the kernel itself is not.
func TestSpectralNormalizationBringsTheLargestSingularValueToOne(t *testing.T) {
	store := model.NewStore()
	step, err := model.NewExec(backend(t), store, func(_ *model.Scope, in []*Node) *Node {
		g := in[0].Graph()
		n := Training(g, store, 3, Step{}).SpectralNorm()
		kernel := n.normalized("layer", n.Param("layer/kernel", GlorotUniform(3, 3), 3, 2, 5))
		for _, u := range n.Updates() {
			store.GetVariable(u.Path).SetNodeValue(u.Value)
		}
		return Reshape(kernel, 6, 5)
	})
	if err != nil {
		t.Fatal(err)
	}
	largest := func(values []float32) float64 {
		m := mat.NewDense(6, 5, nil)
		for i, v := range values {
			m.Set(i/5, i%5, float64(v))
		}
		var svd mat.SVD
		if !svd.Factorize(m, mat.SVDNone) {
			t.Fatal("no singular values")
		}
		return svd.Values(nil)[0]
	}
	var out *tensors.Tensor
	for range 50 {
		if out, err = step.Call1(float32(0)); err != nil {
			t.Fatal(err)
		}
	}
	if got := largest(tensors.MustCopyFlatData[float32](out)); math.Abs(got-1) > 1e-4 {
		t.Errorf("the largest singular value is %v, want 1", got)
	}
	kernel, err := store.GetVariable(Path("layer/kernel")).Value()
	if err != nil {
		t.Fatal(err)
	}
	if own := largest(tensors.MustCopyFlatData[float32](kernel)); math.Abs(own-1) < 0.1 {
		t.Errorf("the kernel's own is %v, too near 1 to test anything", own)
	}
}
