package models

import (
	"cmp"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// Residual is the study's own small residual network, for more accuracy than the CNN's at a few times its cost: four
// convolutions that widen, each but the first followed by a block of two that is added to its input (He, Zhang, Ren and Sun, "Deep
// Residual Learning for Image Recognition", 2016), every one normalized over the batch. Its maps are halved by pooling, so that it sees fine patterns
// at the image's own side. Dropout is before the last layer.
type Residual struct {
	Width int // channels of the first convolution; 0 means 32. The later ones have one, two, four and eight times as many
}

// Logits builds the network on images [B, 28, 28, 1].
func (m Residual) Logits(n *layers.Net, images *Node) *Node {
	width := cmp.Or(m.Width, 32)
	x := m.convolution(n, "stem", images, width)
	x = n.MaxPool("stem/pool", m.convolution(n, "stem2", x, width)) // [B, 14, 14, width]
	x = n.MaxPool("stage1/pool", m.stage(n, "stage1", x, 2*width))  // [B, 7, 7, 2*width]
	x = m.even(m.stage(n, "stage2", x, 4*width))                    // [B, 8, 8, 4*width]
	x = n.MaxPool("stage2/pool", x)                                 // [B, 4, 4, 4*width]
	x = n.Mean("average", m.stage(n, "stage3", x, 8*width))         // [B, 8*width]
	x = n.Dropout("dropout", x)
	return n.Dense("logits", x, fashion.NumClasses)
}

// stage widens [B, H, W, C] to [B, H, W, filters] and adds a block of two convolutions.
func (m Residual) stage(n *layers.Net, name string, x *Node, filters int) *Node {
	x = m.convolution(n, name+"_wide", x, filters)
	y := m.convolution(n, name+"_conv1", x, filters)
	y = m.convolution(n, name+"_conv2", y, filters)
	return n.Keep(name+"_sum", Add(x, y))
}

// convolution is a 3x3 convolution, its normalization and its activation.
func (m Residual) convolution(n *layers.Net, name string, x *Node, filters int) *Node {
	return n.Relu(name+"_relu", n.BatchNorm(name+"_bn", n.Conv(name+"_conv", x, filters)))
}

// even gives a map of an odd side a border of zeros, the least of what an activation gives, so that it can be halved.
func (m Residual) even(x *Node) *Node {
	end := PadAxis{End: 1}
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, end, end, PadAxis{})
}
