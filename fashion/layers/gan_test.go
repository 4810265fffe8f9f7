package layers

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"
)

func TestUpsamplingAndAveragingAndTheirGradientsAreTheFormulas(t *testing.T) {
	withGradient := func(form func(x *Node) *Node) func(in []*Node) []*Node {
		return func(in []*Node) []*Node {
			y := form(in[0])
			return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, in[1])), in[0])...)
		}
	}
	repeated := func(x *Node) *Node { // each row, then each column
		b, h, w, c := size(x)
		x = Reshape(Stack([]*Node{x, x}, 2), b, 2*h, w, c)
		return Reshape(Stack([]*Node{x, x}, 3), b, 2*h, 2*w, c)
	}
	averaged := func(x *Node) *Node { return MeanPool(x).Window(2).Done() }
	outputs := []string{"output", "gradient"}
	formsAgree(t, outputs, 1e-12, withGradient(repeated), withGradient(upsample), draw(1, 2, 3, 4, 5), draw(2, 2, 6, 8, 5))
	formsAgree(t, outputs, 1e-12, withGradient(averaged), withGradient(averagePool), draw(1, 2, 4, 6, 5), draw(2, 2, 2, 3, 5))
}

func TestModulationScalesAndShiftsEachImageByItsCode(t *testing.T) {
	store := model.NewStore()
	exec, err := model.NewExec(backend(t), store, func(_ *model.Scope, in []*Node) []*Node {
		x, code := in[0], in[1]
		n := Inference(x.Graph(), store, 1)
		modulated := n.Modulate("code", x, code)
		both := n.Dense("code", code, 6) // of the same parameters
		gain, shift := Slice(both, AxisRange(), AxisRange(0, 3)), Slice(both, AxisRange(), AxisRange(3))
		return []*Node{modulated, Add(Mul(x, ExpandAxes(OnePlus(gain), 1, 2)), ExpandAxes(shift, 1, 2))}
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call(single(draw(1, 2, 4, 4, 3)), single(draw(2, 2, 5)))
	if err != nil {
		t.Fatal(err)
	}
	a, b := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-6 {
			t.Fatalf("element %d is %v, want %v", i, a[i], b[i])
		}
	}
}

// single is a tensor in the type of the parameters.
func single(x *tensors.Tensor) *tensors.Tensor {
	var values []float32
	for _, v := range tensors.MustCopyFlatData[float64](x) {
		values = append(values, float32(v))
	}
	return tensors.FromFlatDataAndDimensions(values, x.Shape().Dimensions...)
}

// After some steps of training the largest singular value of what a layer multiplies by is one; the plain network's is not.
func TestSpectralNormalizationBringsTheLargestSingularValueToOne(t *testing.T) {
	store := model.NewStore()
	step, err := model.NewExec(backend(t), store, func(_ *model.Scope, in []*Node) *Node {
		g := in[0].Graph()
		n := Training(g, store, 3, Step{}).SpectralNorm()
		kernel := n.bounded("layer", n.Param("layer/kernel", GlorotUniform(3, 3), 3, 2, 5))
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
	if plain := largest(tensors.MustCopyFlatData[float32](kernel)); math.Abs(plain-1) < 0.1 {
		t.Errorf("the kernel's own is %v, too near 1 to test anything", plain)
	}
}
