package layers

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
)

// SpectralNorm has the kernels of the layers that follow divided by their largest singular value, as a matrix from all inputs of a place to its outputs
// (Miyato, Kataoka, Koyama and Yoshida, "Spectral Normalization for Generative Adversarial Networks", 2018): no layer enlarges a difference. The
// value is estimated by one step of power iteration in each training step, from the singular vector of the step before.
func (n *Net) SpectralNorm() *Net {
	n.bound = true
	return n
}

// bounded is a layer's kernel, [..., outputs], divided by its largest singular value where SpectralNorm asks for it. The gradient runs through the value, not
// through its vectors.
func (n *Net) bounded(name string, kernel *Node) *Node {
	if !n.bound {
		return kernel
	}
	d := kernel.Shape().Dimensions
	outputs := d[len(d)-1]
	matrix := Reshape(kernel, -1, outputs)
	before := n.state(name+"/singular", func(r *rand.Rand) float64 { return r.NormFloat64() }, outputs)
	fixed := StopGradient(matrix)
	left := L2Normalize(Dot(fixed, before).Product(), 0)
	right := L2Normalize(Dot(left, fixed).Product(), 0)
	if n.IsTraining() {
		n.updates = append(n.updates, Update{Path(name + "/singular"), right})
	}
	value := Dot(left, Dot(matrix, right).Product()).Product()
	return Div(kernel, value)
}
