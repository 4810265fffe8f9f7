package optim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// OwnRule is a user-defined update rule, which a recipe names in recipes.Optimizer.Name.
type OwnRule struct {
	Name  string
	Slots []string // names of the tensors that the rule keeps for each parameter: of the parameter's shape, and zero before the first step
	// Update returns a parameter p and its slots after a step, by its gradient g, all of p's shape. The weight decay is already applied to p.
	Update func(p, g *Node, slots []*Node, s Scalars) (updated *Node, slotsAfter []*Node)
}

// Scalars are the numbers of a step, each a scalar of the graph, so that a training with others of them compiles nothing anew.
type Scalars struct {
	Step                            *Node // 1 for the first
	Rate                            *Node // learning rate
	Beta1, Beta2, Epsilon, Momentum *Node // the recipe's
}

// OwnName returns the name by which a recipe refers to the rule.
func (o OwnRule) OwnName() string { return o.Name }

// check reports a rule that no recipe can name or that no parameter could be updated by.
func (o OwnRule) check() error {
	if o.Name == "" || o.Update == nil || slices.Contains(names(), strings.ToLower(o.Name)) {
		return fmt.Errorf("a user-defined update rule is named %q, want a name that is none of %s, and a function Update", o.Name, strings.Join(names(), ", "))
	}
	if sorted := slices.Sorted(slices.Values(o.Slots)); len(slices.Compact(sorted)) < len(o.Slots) {
		return fmt.Errorf("the update rule %q has the slots %q, want different names", o.Name, o.Slots)
	}
	return nil
}

// rule returns the rule for a recipe's optimizer, without weight decay.
func (o OwnRule) rule(r recipes.Optimizer) UpdateRule {
	rule := UpdateRule{
		Scalars: func(t int, rate float64) []float64 {
			return []float64{float64(t), rate, r.Beta1, r.Beta2, r.Epsilon, r.Momentum}
		},
		update: func(p, g *Node, slots, s []*Node) (*Node, []*Node) {
			updated, after := o.Update(p, g, slots, Scalars{s[0], s[1], s[2], s[3], s[4], s[5]})
			if len(after) != len(o.Slots) || slices.ContainsFunc(append([]*Node{updated}, after...), func(x *Node) bool { return x == nil || !x.Shape().Equal(p.Shape()) }) {
				panic(fmt.Errorf("the update rule %q returns %v and the slots %v, want a parameter and %d slots of the shape %v", o.Name, updated, after, len(o.Slots), p.Shape()))
			}
			return updated, after
		},
	}
	for _, slot := range o.Slots {
		rule.Slots = append(rule.Slots, "own_"+slot) // which is the name of nothing else that a training keeps for a parameter
	}
	return rule
}

// Digest identifies the code of an optimizer's update rule if that is user-defined, see layers.Digest; otherwise it is "". It needs no plugin.
func Digest(o recipes.Optimizer, own ...OwnRule) (digest string, err error) {
	if !slices.ContainsFunc(own, func(r OwnRule) bool { return r.Name == o.Name }) {
		return "", nil
	}
	rule, err := New(o, own...)
	if err != nil {
		return "", err
	}
	return digestOf(o.Name, func(g *Graph) *Node {
		var nodes []*Node // all inputs, so that they are told apart, and what is made of them
		inputs := func(n int, dims ...int) []*Node {
			for range n {
				nodes = append(nodes, Parameter(g, fmt.Sprint("input", len(nodes)), shapes.Make(dtypes.Float32, dims...)))
			}
			return slices.Clone(nodes[len(nodes)-n:])
		}
		for _, dims := range [][]int{{3}, {2, 3}, {3, 3, 1, 2}} { // a bias, and the kernels of a dense layer and of a convolution
			in, scalars := inputs(2+len(rule.Slots), dims...), inputs(rule.NumScalars)
			updated, slots := rule.update(in[0], in[1], in[2:], scalars)
			nodes = append(append(nodes, updated), slots...)
		}
		for i, x := range nodes {
			nodes[i] = Reshape(x, -1)
		}
		return Concatenate(nodes, 0)
	})
}

// digestOf is layers.Digest of what a function builds in a graph of GoMLX's own backend.
func digestOf(name string, build func(g *Graph) *Node) (digest string, err error) {
	backend, err := gobackend.New("")
	if err != nil {
		return "", err
	}
	defer backend.Finalize()
	err = layers.Catch(func() error {
		g := NewGraph(backend, name)
		defer g.Finalize()
		digest = layers.Digest(build(g))
		return nil
	})
	return digest, err
}
