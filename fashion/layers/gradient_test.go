package layers

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// timesSine is a sin(b), with its gradient written out.
func timesSine(a, b *Node) *Node {
	return customGradient([]*Node{a, b}, func(in []*Node) *Node { return Mul(in[0], Sin(in[1])) }, func(dy *Node) []func() *Node {
		return []func() *Node{
			func() *Node { return Mul(dy, Sin(b)) },
			func() *Node { return Mul(dy, Mul(a, Cos(b))) },
		}
	})
}

// slopes are the central differences of a loss of some inputs with respect to each of their elements.
func slopes(t *testing.T, loss func(in []*Node) *Node, inputs [][]float64) []*tensors.Tensor {
	t.Helper()
	exec, err := NewExec(backend(t), func(in []*Node) *Node { return loss(in) })
	if err != nil {
		t.Fatal(err)
	}
	at := func() float64 {
		args := make([]any, len(inputs))
		for i, v := range inputs {
			args[i] = v
		}
		out, err := exec.Call1(args...)
		if err != nil {
			t.Fatal(err)
		}
		return tensors.ToScalar[float64](out)
	}
	const step = 1e-5
	var all []*tensors.Tensor
	for _, values := range inputs {
		var slope []float64
		for i, v := range values {
			values[i] = v + step
			above := at()
			values[i] = v - step
			below := at()
			values[i] = v
			slope = append(slope, (above-below)/(2*step))
		}
		all = append(all, tensors.FromFlatDataAndDimensions(slope, len(slope)))
	}
	return all
}

func TestCustomGradientsAreTheFiniteDifferences(t *testing.T) {
	for name, loss := range map[string]func(in []*Node) *Node{
		"two inputs":              func(in []*Node) *Node { return ReduceAllSum(Mul(timesSine(in[0], in[1]), in[1])) },
		"an input given twice":    func(in []*Node) *Node { return ReduceAllSum(Mul(timesSine(in[0], in[0]), in[1])) },
		"an output used twice":    func(in []*Node) *Node { y := timesSine(in[0], in[1]); return ReduceAllSum(Mul(Exp(y), y)) },
		"one upon another":        func(in []*Node) *Node { return ReduceAllSum(timesSine(timesSine(in[0], in[1]), in[0])) },
		"an input of two of them": func(in []*Node) *Node { return ReduceAllSum(Mul(timesSine(in[0], in[1]), timesSine(in[1], in[0]))) },
		"an argument used twice, and what is no input": func(in []*Node) *Node {
			return ReduceAllSum(customGradient1(in[0], func(x *Node) *Node { return Mul(Mul(x, x), in[1]) },
				func(dy *Node) *Node { return Mul(dy, MulScalar(Mul(in[0], in[1]), 2)) }))
		},
	} {
		inputs := [][]float64{{0.3, -1.2, 2, 0.7}, {1.1, 0.4, -0.6, 2.5}}
		got, err := ExecOnceN(backend(t), func(in []*Node) []*Node { return Gradient(loss(in), in...) }, inputs[0], inputs[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range slopes(t, loss, inputs) {
			same(t, name+": gradient", got[i], want, 1e-8)
		}
	}
}

// Both calls of Gradient in one graph have a dy of their own.
func TestCustomGradientsOfTwoLossesOfOneOutput(t *testing.T) {
	a, b := []float64{0.3, -1.2}, []float64{1.1, 0.4}
	out, err := ExecOnceN(backend(t), func(a, b *Node) []*Node {
		y := timesSine(a, b)
		once, thrice := Gradient(ReduceAllSum(y), a, b), Gradient(MulScalar(ReduceAllSum(y), 3), a, b)
		return []*Node{MulScalar(once[0], 3), MulScalar(once[1], 3), thrice[0], thrice[1]}
	}, a, b)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "gradient of a", out[2], out[0], 1e-12)
	same(t, "gradient of b", out[3], out[1], 1e-12)
}

// The gradient of an input that is stopped or not requested is not built, and the others are.
func TestOnlyTheGradientsThatAreNeededAreBuilt(t *testing.T) {
	for name, c := range map[string]struct {
		stop      bool
		requested int // inputs
		want      string
	}{
		"all":           {false, 2, "output b a"},
		"stopped":       {true, 2, "output a"},
		"not requested": {false, 1, "output a"},
	} {
		var built []string
		g := NewGraph(backend(t), name)
		defer g.Finalize()
		a, b := IotaFull(g, shapes.Make(dtypes.Float64, 3)), IotaFull(g, shapes.Make(dtypes.Float64, 3))
		second := b
		if c.stop {
			second = StopGradient(b)
		}
		y := customGradient([]*Node{a, second}, func(in []*Node) *Node { return Mul(in[0], in[1]) }, func(dy *Node) []func() *Node {
			built = append(built, "output")
			return []func() *Node{
				func() *Node { built = append(built, "a"); return Mul(dy, b) },
				func() *Node { built = append(built, "b"); return Mul(dy, a) },
			}
		})
		Gradient(ReduceAllSum(y), []*Node{a, b}[:c.requested]...)
		if got := strings.Join(built, " "); got != c.want {
			t.Errorf("%s: built are %q, want %q", name, got, c.want)
		}
	}
}

func TestMisuseOfACustomGradientPanics(t *testing.T) {
	for name, c := range map[string]struct {
		loss func(x *Node) *Node
		want string
	}{
		"an argument that leaves forward": {func(x *Node) *Node {
			var leaked *Node
			customGradient1(x, func(x *Node) *Node { leaked = x; return Square(x) }, func(dy *Node) *Node { return dy })
			return ReduceAllSum(leaked)
		}, "before that of the output"},
		"the dy of an earlier call": {func(x *Node) *Node {
			var leaked *Node
			y := customGradient1(x, func(x *Node) *Node { leaked = x; return Square(x) }, func(dy *Node) *Node { return dy })
			Gradient(ReduceAllSum(y), x)
			return ReduceAllSum(leaked)
		}, "before that of the output"},
		"a gradient too few": {func(x *Node) *Node {
			return ReduceAllSum(customGradient([]*Node{x, x}, func(in []*Node) *Node { return Mul(in[0], in[1]) },
				func(dy *Node) []func() *Node { return []func() *Node{func() *Node { return dy }} }))
		}, "1 gradients for 2 inputs"},
	} {
		_, err := ExecOnceN(backend(t), func(x *Node) []*Node { return Gradient(c.loss(x), x) }, []float64{1, 2})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one that says %q", name, err, c.want)
		}
	}
}

// customGradient explains and checks in one place what it relies on.
func TestCustomGradientIsTheOnlyUserOfGoMLXsOwn(t *testing.T) {
	const name = "IdentityWithCustom" + "Gradient" // in two, so that this file is none of them
	var users []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if strings.Contains(string(source), name) {
			users = append(users, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("..", "layers", "gradient.go"); len(users) != 1 || users[0] != want {
		t.Errorf("%s is used by %q, want only %s", name, users, want)
	}
}
