package layers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// customGradient is forward(inputs) with a gradient written out: backward takes dy, the gradient of the loss with respect to the output, and returns for each input
// a function that builds the gradient with respect to it. backward runs once for each call of Gradient, so that what the gradients share belongs in it; its functions
// run only where a gradient is needed: an input that is frozen or behind StopGradient adds nothing to the program.
//
// forward must use its arguments, not the inputs that they stand for. Whatever else it uses keeps GoMLX's own gradient.
//
// GoMLX lets one identity have a gradient function of its own, but no operation of several inputs. So there is an identity on each input and one on the output.
// Gradient visits nodes from the last that was built to the first: the output's identity comes before those of the inputs and leaves them dy. Between the two GoMLX
// builds its own gradients of forward, of which the inputs' identities make no use, so that XLA removes them as dead code; forward's operations must have gradients
// in GoMLX all the same. That a gradient is never asked for before its dy is there, nor twice for the same dy, is checked: it panics.
func customGradient(inputs []*Node, forward func(in []*Node) *Node, backward func(dy *Node) []func() *Node) *Node {
	var gradients []func() *Node // of the inputs, nil before dy is there; each nil again once it was asked for
	in := make([]*Node, len(inputs))
	for i, x := range inputs {
		in[i] = IdentityWithCustomGradient(x, func(_, _ *Node) *Node {
			if gradients == nil || gradients[i] == nil {
				panic(fmt.Errorf("the gradient of input %d is asked for before that of the output has arrived: does something beside the output use what forward was given?", i))
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
