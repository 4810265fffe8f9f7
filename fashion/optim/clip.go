package optim

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// ClipByGlobalNorm scales gradients so that the Euclidean norm of all their values together is at most a limit, a positive scalar: each is multiplied by
// limit / max(norm, limit) (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013). It is Keras's global_clipnorm.
func ClipByGlobalNorm(gradients []*Node, limit *Node) []*Node {
	sum := ScalarZero(limit.Graph(), limit.DType())
	for _, g := range gradients {
		sum = Add(sum, ReduceAllSum(Square(g)))
	}
	factor := Div(limit, Max(Sqrt(sum), limit))
	clipped := make([]*Node, len(gradients))
	for i, g := range gradients {
		clipped[i] = Mul(g, factor)
	}
	return clipped
}
