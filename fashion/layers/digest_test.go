package layers_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
)

func TestDigestSeesOperationsTheirInputsAndConstants(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	digest := func(f func(x, y *Node) *Node) string {
		g := NewGraph(backend, "digest")
		defer g.Finalize()
		shape := shapes.Make(dtypes.Float32, 2, 3)
		return layers.Digest(f(Parameter(g, "x", shape), Parameter(g, "y", shape)))
	}
	double := func(x, y *Node) *Node { return Sub(MulScalar(x, 2), y) }
	want := digest(double)
	if again := digest(double); again != want {
		t.Errorf("the same function has the digests %s and %s", want, again)
	}
	for name, other := range map[string]func(x, y *Node) *Node{
		"another constant":  func(x, y *Node) *Node { return Sub(MulScalar(x, 3), y) },
		"another order":     func(x, y *Node) *Node { return Sub(y, MulScalar(x, 2)) },
		"another operation": func(x, y *Node) *Node { return Add(MulScalar(x, 2), y) },
		"another shape":     func(x, y *Node) *Node { return Slice(double(x, y), AxisRange(0, 1)) },
	} {
		if digest(other) == want {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}
