package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Flatten turns [B, ...] into [B, features].
func (n *Net) Flatten(name string, x *Node) *Node {
	y := Reshape(x, x.Shape().Dimensions[0], -1)
	n.add(name, "Flatten", y, 0)
	return y
}

// Dense multiplies [B, features] by a kernel and adds a bias: [B, units].
func (n *Net) Dense(name string, x *Node, units int) *Node {
	x.AssertRank(2)
	features := x.Shape().Dimensions[1]
	kernel := n.Param(name+"/kernel", GlorotUniform(features, units), features, units)
	bias := n.Param(name+"/bias", Constant(0), units)
	y := addBias(Dot(x, n.bounded(name, kernel)).Product(), bias, n.form)
	n.add(name, "Dense", y, features*units+units)
	return y
}

// Relu is max(x, 0).
func Relu(x *Node) *Node { return Max(x, ScalarZero(x.Graph(), x.DType())) }
