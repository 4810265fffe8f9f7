package layers

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// backend is GoMLX's own, which needs no plugin: these tests compare formulas, not speed.
func backend(t *testing.T) compute.Backend {
	t.Helper()
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

// draw fills a tensor with values of a few levels, so that there are ties, among them many zeros.
func draw(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	size := 1
	for _, d := range dims {
		size *= d
	}
	values := make([]float64, size)
	for i := range values {
		values[i] = float64(max(0, r.IntN(7)-3)) / 2
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// same compares tensors element by element.
func same(t *testing.T, what string, got, want *tensors.Tensor, tolerance float64) {
	t.Helper()
	a, err := tensors.CopyFlatData[float64](got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := tensors.CopyFlatData[float64](want)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Shape()) != fmt.Sprint(want.Shape()) {
		t.Fatalf("%s has the shape %v, want %v", what, got.Shape(), want.Shape())
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tolerance) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, a[i], b[i])
		}
	}
}

func TestConvolutionOfEveryFormEqualsTheReference(t *testing.T) {
	b := backend(t)
	for _, c := range []struct{ batch, h, w, channels, filters, side, stride int }{
		{1, 4, 4, 1, 1, 3, 1}, {3, 6, 8, 1, 5, 3, 1}, {2, 5, 7, 1, 4, 3, 1}, {2, 8, 8, 33, 4, 3, 1}, {3, 14, 14, 32, 5, 3, 1}, {2, 5, 7, 32, 4, 3, 1}, {2, 8, 8, 3, 4, 3, 1}, {2, 5, 7, 3, 1, 3, 1}, {3, 4, 4, 1, 1, 3, 1},
		{2, 2, 2, 2, 3, 3, 1}, {3, 1, 1, 2, 3, 3, 1}, {2, 1, 4, 2, 3, 3, 1}, {2, 4, 6, 3, 4, 1, 1}, {2, 5, 6, 3, 4, 1, 2}, {2, 8, 9, 1, 3, 7, 2}, {2, 6, 6, 1, 3, 3, 2}, {2, 6, 7, 1, 4, 5, 1},
	} {
		x, k := draw(1, c.batch, c.h, c.w, c.channels), draw(2, c.side, c.side, c.channels, c.filters)
		w := draw(3, c.batch, (c.h+c.stride-1)/c.stride, (c.w+c.stride-1)/c.stride, c.filters)
		results := map[Form][]*tensors.Tensor{}
		for _, form := range allForms {
			out, err := ExecOnceN(b, func(x, k, w *Node) []*Node {
				y := conv(x, k, c.stride, form)
				return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, w)), k, x)...)
			}, x, k, w)
			if err != nil {
				t.Fatal(err)
			}
			results[form] = out
		}
		for _, form := range []Form{ForCPU, ForGPU} {
			for i, what := range []string{"output", "gradient of the kernel", "gradient of the input"} {
				same(t, fmt.Sprintf("%+v: %s %s", c, what, form), results[form][i], results[Reference][i], 1e-10)
			}
		}
	}
}

func TestImpossibleLayersAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		build func(n *Net, x *Node)
		want  string
	}{
		"convolution of an even side": {func(n *Net, x *Node) { n.ConvStrided("a", x, 4, 4, 2) }, `the layer "a" has a kernel of side 4, want an odd side`},
		"depthwise of an even side":   {func(n *Net, x *Node) { n.DepthwiseConv("a", x, 2) }, `the layer "a" has a kernel of side 2, want an odd side`},
		"stride 0":                    {func(n *Net, x *Node) { n.ConvStrided("a", x, 4, 3, 0) }, `the layer "a" has 4 filters and a stride of 0, want 1 or more of both`},
		"no filters":                  {func(n *Net, x *Node) { n.Conv("a", x, 0) }, `the layer "a" has 0 filters and a stride of 1, want 1 or more of both`},
		"max pooling of an odd side":  {func(n *Net, x *Node) { n.MaxPool("a", x) }, `the layer "a" pools maps of 6x7, want an even height and width`},
		"overlapping max pooling":     {func(n *Net, x *Node) { n.MaxPool3("a", x) }, `the layer "a" pools maps of 6x7, want an even height and width`},
		"average pooling":             {func(n *Net, x *Node) { n.AveragePool("a", x) }, `the layer "a" pools maps of 6x7, want an even height and width`},
	} {
		g := NewGraph(backend(t), "impossible")
		err := Catch(func() error {
			c.build(Inference(g, model.NewStore(), 1), Parameter(g, "x", shapes.Make(dtypes.Float32, 2, 6, 7, 3)))
			return nil
		})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: the error is %v, want %s", name, err, c.want)
		}
		g.Finalize()
	}
}

func TestFreezeKnowsLayersByTheirWholeNames(t *testing.T) {
	g, store := NewGraph(backend(t), "frozen"), model.NewStore()
	defer g.Finalize()
	n := Inference(g, store, 1)
	n.Freeze(func(layer string) bool { return layer == "block1/conv1" })
	x := Parameter(g, "x", shapes.Make(dtypes.Float32, 2, 4, 4, 1))
	n.Conv("block1/conv2", n.Conv("block1/conv1", x, 2), 2)
	for name, want := range map[string]bool{"block1/conv1/kernel": false, "block1/conv1/bias": false, "block1/conv2/kernel": true, "block1/conv2/bias": true} {
		if got := store.GetVariable(Path(name)).Trainable; got != want {
			t.Errorf("that %s is trained is %v, want %v", name, got, want)
		}
	}
	for _, l := range n.Layers() {
		if want := l.Name == "block1/conv1"; (l.Fixed == l.Parameters) != want {
			t.Errorf("of the %d parameters of %s %d are said to be fixed", l.Parameters, l.Name, l.Fixed)
		}
	}
}

func TestCatchReturnsWhateverAPanicSays(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		panics any
		want   string
	}{{nil, ""}, {broken, "broken"}, {"oh", "panic: oh"}, {3, "panic: 3"}} {
		err := Catch(func() error {
			if c.panics != nil {
				panic(c.panics)
			}
			return nil
		})
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("of %v the error is %v, want %q", c.panics, err, c.want)
		}
	}
}

// named are the names of a form's outputs.
func named(form Form, outputs ...string) []string {
	for i := range outputs {
		outputs[i] += " " + form.String()
	}
	return outputs
}

// formsAgree compares the outputs of two forms of a graph for the same inputs.
func formsAgree(t *testing.T, outputs []string, tolerance float64, reference, form func(in []*Node) []*Node, inputs ...any) {
	t.Helper()
	b := backend(t)
	want, err := ExecOnceN(b, reference, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ExecOnceN(b, form, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range outputs {
		same(t, name, got[i], want[i], tolerance)
	}
}

// The custom gradient must equal GoMLX's own through mean and variance.
func TestBatchNormAndItsGradientsAreTheFormulas(t *testing.T) {
	form := func(norm func(x, gamma, beta *Node) (y, mean, variance *Node)) func(in []*Node) []*Node {
		return func(in []*Node) []*Node {
			x, gamma, beta, w := in[0], AddScalar(in[1], 0.5), in[2], in[3]
			y, mean, variance := norm(x, gamma, beta)
			return append([]*Node{y, mean, variance}, Gradient(ReduceAllSum(Mul(y, w)), x, in[1], beta)...)
		}
	}
	reference := func(x, gamma, beta *Node) (y, mean, variance *Node) {
		mean = ReduceMean(x, 0, 1, 2)
		centred := Sub(x, broadcast(mean, x))
		variance = ReduceMean(Square(centred), 0, 1, 2)
		return Add(Mul(Div(centred, broadcast(Sqrt(AddScalar(variance, normEpsilon)), x)), broadcast(gamma, x)), broadcast(beta, x)), mean, variance
	}
	for _, f := range allForms {
		written := func(x, gamma, beta *Node) (y, mean, variance *Node) { return batchNorm(x, gamma, beta, f) }
		formsAgree(t, named(f, "output", "mean", "variance", "gradient of x", "gradient of gamma", "gradient of beta"), 1e-9, form(reference), form(written),
			draw(1, 3, 2, 4, 5), draw(3, 5), draw(4, 5), draw(2, 3, 2, 4, 5))
	}
}

func TestMaxPool3TakesTheMaximumOfEachWindow(t *testing.T) {
	x := draw(1, 2, 6, 4, 3)
	out, err := ExecOnceN(backend(t), func(x *Node) []*Node {
		edge := PadAxis{Start: 1, End: 1}
		reference := MaxPool(Pad(x, zero(x), PadAxis{}, edge, edge, PadAxis{})).Window(3).Strides(2).Done()
		return []*Node{Inference(x.Graph(), model.NewStore(), 1).MaxPool3("pool", x), reference}
	}, x)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "output", out[0], out[1], 0)
}

func TestGradientOfABiasIsTheSumOverAllElse(t *testing.T) {
	x, bias, w := draw(1, 3, 4, 5, 2), draw(2, 2), draw(3, 3, 4, 5, 2)
	b := backend(t)
	for _, form := range allForms {
		out, err := ExecOnceN(b, func(x, bias, w *Node) []*Node {
			return append(Gradient(ReduceAllSum(Mul(addBias(x, bias, form), w)), bias, x), ReduceSum(w, 0, 1, 2), w)
		}, x, bias, w)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "gradient of the bias "+form.String(), out[0], out[2], 1e-12)
		same(t, "gradient of the input "+form.String(), out[1], out[3], 0)
	}
}

// maxPoolLoops is max pooling and its gradient to the first maximum of a window, element by element.
func maxPoolLoops(x, dy []float64, b, h, w, c int) (y, dx []float64) {
	y, dx = make([]float64, b*h/2*w/2*c), make([]float64, len(x))
	for n := range b {
		for i := range h / 2 {
			for j := range w / 2 {
				for k := range c {
					out, first := ((n*h/2+i)*w/2+j)*c+k, -1
					for di := range 2 {
						for dj := range 2 {
							in := ((n*h+2*i+di)*w+2*j+dj)*c + k
							if first < 0 || x[in] > x[first] {
								first = in
							}
						}
					}
					y[out], dx[first] = x[first], dy[out]
				}
			}
		}
	}
	return y, dx
}

func TestMaxPoolGivesTheGradientToTheFirstOfTiedMaxima(t *testing.T) {
	const b, h, w, c = 3, 6, 4, 5
	x, dy := draw(1, b, h, w, c), draw(2, b, h/2, w/2, c)
	flatX, err := tensors.CopyFlatData[float64](x)
	if err != nil {
		t.Fatal(err)
	}
	flatDY, err := tensors.CopyFlatData[float64](dy)
	if err != nil {
		t.Fatal(err)
	}
	y, dx := maxPoolLoops(flatX, flatDY, b, h, w, c)
	cpu := backend(t)
	for _, form := range []Form{ForCPU, ForGPU} {
		out, err := ExecOnceN(cpu, func(x, dy *Node) []*Node {
			y := maxPool(x, form)
			return append([]*Node{y, maxPool(x, Reference)}, Gradient(ReduceAllSum(Mul(y, dy)), x)...)
		}, x, dy)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "output "+form.String(), out[0], tensors.FromFlatDataAndDimensions(y, b, h/2, w/2, c), 0)
		same(t, "GoMLX's max pooling", out[1], out[0], 0)
		same(t, "gradient "+form.String(), out[2], tensors.FromFlatDataAndDimensions(dx, b, h, w, c), 0)
	}
}

// masks runs dropout on ones, on a batch and on its two halves, and returns both results.
func masks(t *testing.T, key uint32, rate float64) (batch, halves []float32) {
	t.Helper()
	out, err := ExecOnceN(backend(t), func(x, key *Node) []*Node {
		drop := func(from, to int) *Node {
			scalar := func(v uint32) *Node { return Scalar(x.Graph(), dtypes.Uint32, v) }
			n := Training(x.Graph(), model.NewStore(), 1, Step{key, scalar(uint32(from)), scalar(Fraction(rate))})
			return n.Dropout("drop", Slice(x, AxisRange(from, to)))
		}
		return []*Node{drop(0, 64), Concatenate([]*Node{drop(0, 32), drop(32, 64)}, 0)}
	}, tensors.FromFlatDataAndDimensions(ones(64*100), 64, 100), key)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

func TestDropoutDropsItsFractionAndKeepsTheMean(t *testing.T) {
	dropped := 0
	batch, _ := masks(t, StepKey(1, 5), 0.25)
	for _, v := range batch {
		switch v {
		case 0:
			dropped++
		case float32(1 / 0.75):
		default:
			t.Fatalf("an activation of 1 became %v, want 0 or 1/0.75", v)
		}
	}
	if dropped < 1450 || dropped > 1750 { // 1600 of 6400, standard deviation 35
		t.Errorf("%d of 6400 are dropped, want about 1600", dropped)
	}
}

func TestDropoutIsTheSameInMicroBatchesAndDiffersInAnotherStep(t *testing.T) {
	a, b := masks(t, StepKey(1, 5), 0.5)
	c, _ := masks(t, StepKey(1, 6), 0.5)
	equal := 0
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("element %d differs between a batch and its halves", i)
		}
		if a[i] == c[i] {
			equal++
		}
	}
	if equal < 2900 || equal > 3500 { // half of 6400 by chance, standard deviation 40
		t.Errorf("%d of 6400 are the same in the next step, want about 3200", equal)
	}
}

func TestMixIsTheSameOnHostAndDevice(t *testing.T) {
	in := []uint32{0, 1, 2, 0xffffffff, 0x9e3779b9}
	out, err := ExecOnce(backend(t), func(x *Node) *Node { return Mix(x) }, in)
	if err != nil {
		t.Fatal(err)
	}
	values, err := tensors.CopyFlatData[uint32](out)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v != MixHost(in[i]) {
			t.Errorf("Mix(%#x) is %#x on the device and %#x on the host", in[i], v, MixHost(in[i]))
		}
	}
}

func TestParametersDependOnSeedAndNameAlone(t *testing.T) {
	b := backend(t)
	draw := func(seed uint64, names ...string) string {
		store := model.NewStore()
		g := NewGraph(b, "test")
		defer g.Finalize()
		n := Inference(g, store, seed)
		for _, name := range names {
			n.Param(name, GlorotUniform(3, 3), 3)
		}
		return fmt.Sprint(store.GetVariable(Path("a")).MustValue())
	}
	if draw(1, "a", "b") != draw(1, "b", "a") {
		t.Error("the order in which parameters are made changes them")
	}
	if draw(1, "a") == draw(2, "a") {
		t.Error("two seeds give the same parameters")
	}
}
