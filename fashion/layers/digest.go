package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Ancestors returns the nodes from which a node is computed, including itself.
func Ancestors(node *Node) map[*Node]bool {
	seen, left := map[*Node]bool{node: true}, []*Node{node}
	for len(left) > 0 {
		next := left[len(left)-1]
		left = left[:len(left)-1]
		for _, in := range next.Inputs() {
			if !seen[in] {
				seen[in] = true
				left = append(left, in)
			}
		}
	}
	return seen
}

// Digest returns a sha256 of the graph from which a node is computed: the operations with their shapes and inputs, and the values of constants. It is the same in each
// process; parameters of operations that show in no shape, such as the axis of a reduction over a square, are not in it. It begins with the version of what is
// hashed, "2:".
func Digest(node *Node) string {
	h, reached, position := sha256.New(), Ancestors(node), map[*Node]int{}
	for _, n := range node.Graph().Nodes() {
		if !reached[n] {
			continue
		}
		position[n] = len(position)
		fmt.Fprint(h, n.Type(), n.Shape()) // a hash never fails
		for _, in := range n.Inputs() {
			fmt.Fprint(h, " ", position[in])
		}
		if v := n.ConstantValue(); v != nil {
			fmt.Fprint(h, " ", v.Value())
		}
		fmt.Fprintln(h)
	}
	return "2:" + hex.EncodeToString(h.Sum(nil))
}
