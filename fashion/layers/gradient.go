package layers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// customGradient is forward(inputs) with its own gradient: backward takes dy, the gradient of the loss with respect to the output, and returns for each
// input a function that builds the gradient with respect to it. backward runs once for each call of Gradient, so operations that the gradients share belong
// in it. Its functions run only where a gradient is needed: an input that is frozen or behind StopGradient adds nothing to the program.
//
// forward must use its arguments instead of the inputs. Any other node that it uses keeps GoMLX's own gradient.
//
// GoMLX supports a custom gradient for an identity of one input, but for no operation of several inputs. So each input and the output pass through an
// identity. Gradient visits nodes from the last built to the first: it reaches the output's identity first, which stores dy for those of the inputs. Between
// the two GoMLX builds its own gradients of forward, which the inputs' identities ignore, so that XLA removes them as dead code; forward's operations must
// nevertheless have gradients in GoMLX. customGradient panics if a gradient is requested before its dy is stored, or twice for the same dy.
func customGradient(inputs []*Node, forward func(in []*Node) *Node, backward func(dy *Node) []func() *Node) *Node {
	var gradients []func() *Node // of the inputs; nil before dy is stored, and each nil again once it is built
	in := make([]*Node, len(inputs))
	for i, x := range inputs {
		in[i] = IdentityWithCustomGradient(x, func(_, _ *Node) *Node {
			if gradients == nil || gradients[i] == nil {
				panic(fmt.Errorf("the gradient of input %d is requested before that of the output: does a node other than the output use forward's arguments?", i))
			}
			build := gradients[i]
			gradients[i] = nil
			return build()
		})
	}
	return IdentityWithCustomGradient(forward(in), func(_, dy *Node) *Node {
		gradients = backward(dy)
		if len(gradients) != len(inputs) {
			panic(fmt.Errorf("backward returns %d gradients for %d inputs", len(gradients), len(inputs)))
		}
		return dy
	})
}

// customGradient1 is customGradient of one input.
func customGradient1(x *Node, forward, backward func(*Node) *Node) *Node {
	return customGradient([]*Node{x}, func(in []*Node) *Node { return forward(in[0]) }, func(dy *Node) []func() *Node {
		return []func() *Node{func() *Node { return backward(dy) }}
	})
}
