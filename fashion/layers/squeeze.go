package layers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// SqueezeExcite multiplies each channel of [B, H, W, C] by a factor in (0, 1) that depends on the means of all channels: a dense layer to C/reduction units, at least one, ReLU, and one back to
// C with a sigmoid (Hu, Shen and Sun, "Squeeze-and-Excitation Networks", 2018).
func (n *Net) SqueezeExcite(name string, x *Node, reduction int) *Node {
	if reduction < 1 {
		panic(fmt.Errorf("the layer %q divides its channels by %d, want 1 or more", name, reduction))
	}
	b, _, _, c := size(x)
	s := n.GlobalAveragePool(name+"/pool", x) // [B, C]
	s = Relu(n.Dense(name+"/squeeze", s, max(c/reduction, 1)))
	s = Sigmoid(n.Dense(name+"/excite", s, c))
	return n.Keep(name, Mul(x, Reshape(s, b, 1, 1, c)))
}
