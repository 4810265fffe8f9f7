package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// PixelNorm divides the channels of each place by the root of their mean square (Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs", 2018), so that
// signals do not grow; unlike a normalization over the batch it does not tie images together.
func (n *Net) PixelNorm(name string, x *Node) *Node {
	y := Mul(x, Reciprocal(Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, x.Rank()-1), 1e-6))))
	n.add(name, "PixelNorm", y, 0)
	return y
}

// Modulate scales and shifts each channel of [B, H, W, C] by what a code says, [B, K]: x (1 + gain(code)) + shift(code), both linear (Chen, Lucic, Houlsby and
// Gelly, "On Self Modulation for Generative Adversarial Networks", 2019).
func (n *Net) Modulate(name string, x, code *Node) *Node {
	b, _, _, c := size(x)
	both := n.Dense(name, code, 2*c)
	part := func(from int) *Node { return Reshape(Slice(both, AxisRange(), AxisRange(from, from+c)), b, 1, 1, c) }
	return Add(Mul(x, AddScalar(part(0), 1)), part(c))
}

// LeakyRelu is x where it is positive and a tenth of it elsewhere.
func (n *Net) LeakyRelu(name string, x *Node) *Node {
	y := activation.LeakyReluWith(x, 0.1)
	n.add(name, "Activation", y, 0)
	return y
}
