package optim

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// OwnLoss is a user-defined loss of a classifier, which a recipe names in recipes.Recipe.Loss.
type OwnLoss struct {
	Name string
	// PerImage returns the loss of each image, [B], by a network's logits and the targets, [B, classes] both. A row of targets has 1 for the label and 0 for the other classes, or what
	// label smoothing makes of it.
	PerImage func(logits, targets *Node) *Node
}

// OwnName returns the name by which a recipe refers to the loss.
func (o OwnLoss) OwnName() string { return o.Name }

// CrossEntropy is the loss of a recipe that names none: that of each image in nats, [B], as OwnLoss.PerImage returns it.
func CrossEntropy(logits, targets *Node) *Node {
	return Neg(ReduceSum(Mul(targets, LogSoftmax(logits)), -1))
}

// Loss returns the loss that a recipe names, as OwnLoss.PerImage: CrossEntropy for no name, or one of own.
func Loss(name string, own ...OwnLoss) (perImage func(logits, targets *Node) *Node, err error) {
	if i := slices.IndexFunc(own, func(o OwnLoss) bool { return o.Name == "" || o.PerImage == nil }); i >= 0 {
		return nil, fmt.Errorf("a user-defined loss is named %q, want a name and a function PerImage", own[i].Name)
	}
	if name == "" {
		return CrossEntropy, nil
	}
	i := slices.IndexFunc(own, func(o OwnLoss) bool { return o.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("loss is %q, want none for the cross-entropy, or the name of an optim.OwnLoss that is passed", name)
	}
	return func(logits, targets *Node) *Node {
		losses := own[i].perImage(logits, targets)
		if want := shapes.Make(logits.DType(), logits.Shape().Dimensions[0]); losses == nil || !losses.Shape().Equal(want) {
			panic(fmt.Errorf("the loss %q returns %v for logits of the shape %v, want a number for each image, %v", name, losses, logits.Shape(), want))
		}
		return losses
	}, nil
}

// perImage is PerImage, whose panics say which loss it is.
func (o OwnLoss) perImage(logits, targets *Node) *Node {
	defer func() {
		if caught := recover(); caught != nil {
			panic(fmt.Errorf("the loss %q: %v", o.Name, caught))
		}
	}()
	return o.PerImage(logits, targets)
}

// LossDigest identifies the code of the loss that a recipe names, for so many classes, if it is one of own, see layers.Digest; otherwise it is "". It needs no plugin.
func LossDigest(name string, classes int, own ...OwnLoss) (digest string, err error) {
	perImage, err := Loss(name, own...)
	if err != nil || name == "" {
		return "", err
	}
	return digestOf(name, func(g *Graph) *Node {
		in := shapes.Make(dtypes.Float32, 2, classes)
		logits, targets := Parameter(g, "logits", in), Parameter(g, "targets", in)
		return Concatenate([]*Node{Reshape(logits, -1), Reshape(targets, -1), perImage(logits, targets)}, 0) // both inputs first, so that they are told apart
	})
}
