package train

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// losses is program.loss of the network for images of a batch, from the image first on, mixed with others if the recipe mixes.
func (p *program) losses(n *layers.Net, in []*Node, first *Node, b examples) (losses, correct *Node) {
	if p.recipe.Regularization.Mixes() {
		return p.mixed(n, in, first, b)
	}
	return p.loss(p.network.Build(n, b.images), b)
}

// examples are images of a batch.
type examples struct {
	images *Node // augmented, [size, H, W, C]
	labels *Node // [size]
	soft   *Node // the teachers' labels, [size, classes]; nil without distillation
}

// batch returns so many images of an epoch's order from a position on.
func (p *program) batch(in []*Node, position *Node, size int) (b examples) {
	chosen := Reshape(DynamicSlice(in[session.InOrder], []*Node{position}, []int{size}), size, 1)
	b.images = infer.Pixels(Gather(in[session.InImages], chosen), p.recipe.Model.Shape)
	if columns := augment.EncodedSize(p.recipe.Augmentation); columns > 0 {
		drawn := DynamicSlice(in[len(in)-1], []*Node{position, ScalarZero(position.Graph(), position.DType())}, []int{size, columns})
		b.images = StopGradient(augment.Apply(p.recipe.Augmentation, b.images, drawn, recipes.OwnOf[augment.Own](p.own)...))
	}
	b.labels = Reshape(Gather(in[session.InLabels], chosen), size)
	if p.recipe.Regularization.Distillation.Weight > 0 {
		b.soft = Gather(in[inSoft], chosen)
	}
	return b
}

// mixed is program.loss of the network for images of a batch, from the image first on, each mixed with the one that is as far from the batch's end as it is from its beginning.
func (p *program) mixed(n *layers.Net, in []*Node, first *Node, b examples) (losses, correct *Node) {
	size := b.labels.Shape().Dimensions[0]
	position := Sub(AddScalar(MulScalar(in[session.InPosition], p.recipe.Batch), p.recipe.Batch-size), first)
	others := p.batch(in, position, size)
	others.images, others.labels = Reverse(others.images, 0), Reverse(others.labels, 0)
	if others.soft != nil {
		others.soft = Reverse(others.soft, 0)
	}
	length := in[inScalars].Shape().Dimensions[0]
	x, kept := augment.ApplyMix(b.images, others.images, Slice(in[inScalars], AxisRange(length-augment.MixColumns, length)))
	logits := p.network.Build(n, x)
	losses, correct = p.loss(logits, b)
	rest, _ := p.loss(logits, others)
	return mix(losses, rest, kept), correct
}

// mix is losses as far as the scalar kept says, and the rest of others.
func mix(losses, others, kept *Node) *Node {
	return Add(Mul(losses, kept), Mul(others, OneMinus(kept)))
}

// loss returns each image's loss with the labels of examples and, if the recipe distils, with those of the teachers, and whether its largest logit is the label's (1 or 0), [B] each.
func (p *program) loss(logits *Node, b examples) (losses, correct *Node) {
	losses = p.perImage(logits, targets(b.labels, logits, p.recipe.Regularization.LabelSmoothing))
	correct = ConvertDType(Equal(ArgMax(logits, -1, dtypes.Int32), b.labels), logits.DType())
	if d := p.recipe.Regularization.Distillation; d.Weight > 0 {
		losses = distilled(losses, logits, b.soft, d)
	}
	return losses, correct
}

// targets is the one-hot encoding of labels for logits, of whose shape it is. A fraction of each label, smoothing, is spread evenly over all classes.
func targets(labels, logits *Node, smoothing float64) *Node {
	classes := logits.Shape().Dimensions[1]
	oneHot := OneHot(labels, classes, logits.DType())
	if smoothing > 0 {
		oneHot = AddScalar(MulScalar(oneHot, 1-smoothing), smoothing/float64(classes))
	}
	return oneHot
}
