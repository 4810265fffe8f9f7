package layers

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
)

// SpectralNorm divides the kernels of the layers that follow by their largest singular value, as matrices from all inputs of a position to its outputs (Miyato,
// Kataoka, Koyama and Yoshida, "Spectral Normalization for Generative Adversarial Networks", 2018), which bounds the network's Lipschitz constant. Each training
// step estimates the value by one step of power iteration, from the singular vector of the step before.
func (n *Net) SpectralNorm() *Net {
	n.spectral = true
	return n
}

// normalized returns a layer's kernel, [..., outputs], divided by its largest singular value after SpectralNorm. The gradient runs through the value, not through
// its vectors.
func (n *Net) normalized(name string, kernel *Node) *Node {
	if !n.spectral {
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
		n.updates = append(n.updates, Update{Path: Path(name + "/singular"), Value: right})
	}
	value := Dot(left, Dot(matrix, right).Product()).Product()
	return Div(kernel, value)
}
