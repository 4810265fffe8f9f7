package layers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Flatten reshapes [B, ...] to [B, features].
func (n *Net) Flatten(name string, x *Node) *Node {
	y := Reshape(x, x.Shape().Dimensions[0], -1)
	n.add(name, "Flatten", y, 0)
	return y
}

// Dense multiplies [B, features] by a kernel, which GlorotUniform initializes, and adds a bias: [B, units].
func (n *Net) Dense(name string, x *Node, units int) *Node {
	if x.Rank() != 2 {
		panic(fmt.Errorf("the dense layer %q gets %v, want [B, features]: Flatten or GlobalAveragePool before it", name, x.Shape()))
	}
	features := x.Shape().Dimensions[1]
	kernel := n.Param(name+"/kernel", GlorotUniform(features, units), features, units)
	bias := n.Param(name+"/bias", Constant(0), units)
	y := addBias(Dot(x, n.normalized(name, kernel)).Product(), bias, n.form)
	n.add(name, "Dense", y, features*units+units)
	n.head = x
	return y
}

// PointwiseDense applies a dense layer to the channels of each position: [B, ..., C] to [B, ..., units]. init gives the kernel's initial values; those
// of the bias are 0.
func (n *Net) PointwiseDense(name string, x *Node, units int, init Initializer) *Node {
	d := x.Shape().Dimensions
	c := d[len(d)-1]
	kernel := n.Param(name+"/kernel", init, c, units)
	bias := n.Param(name+"/bias", Constant(0), units)
	var y *Node
	if n.form == ForExport {
		y = addBias(Dot(x, kernel).General([]int{x.Rank() - 1}, nil, []int{0}, nil), bias, n.form)
	} else {
		y = addBias(Dot(Reshape(x, -1, c), kernel).Product(), bias, n.form)
		y = Reshape(y, append(append([]int{}, d[:len(d)-1]...), units)...)
	}
	n.add(name, "Dense", y, c*units+units)
	n.head = x
	return y
}

// Relu is max(x, 0).
func Relu(x *Node) *Node { return Max(x, ScalarZero(x.Graph(), x.DType())) }
