package layers_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

func TestImpossibleLayersAreErrorsThatNameThem(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for want, build := range map[string]func(n *layers.Net, x *Node) *Node{
		`the layer "se" divides its channels by 0`:  func(n *layers.Net, x *Node) *Node { return n.SqueezeExcite("se", x, 0) },
		`the layer "path" drops a fraction of 1.5`:  func(n *layers.Net, x *Node) *Node { return n.DropPath("path", x, 1.5) },
		`the parameter "mine/w" has no initializer`: func(n *layers.Net, x *Node) *Node { return Mul(x, n.Param("mine/w", nil, 1)) },
	} {
		err := layers.Catch(func() error {
			_, err := ExecOnce(backend, func(x *Node) *Node { return build(layers.Inference(x.Graph(), model.NewStore(), 1), x) }, [][][][]float32{{{{1}}}})
			return err
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
