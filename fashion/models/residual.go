package models

import (
	"cmp"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// Residual is the study's own small residual network (He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2016), more accurate than the CNN at a
// few times its cost. After a stem of two convolutions come three stages, each a convolution that doubles the width and a residual block of two. Every convolution
// has batch normalization. Max pooling halves the feature maps, the first time after the stem, so that the stem sees fine patterns at full resolution. Dropout
// precedes the last layer.
type Residual struct {
	Width    int     // channels of the stem; 0 means 32. The stages have two, four and eight times as many
	Squeeze  int     // see recipes.Model
	DropPath float64 // see recipes.Model
	Classes  int     // 0 means 10, those of Fashion-MNIST
}

// Logits builds the network on images [B, 28, 28, 1] and returns its logits, [B, Classes].
func (m Residual) Logits(n *layers.Net, images *Node) *Node {
	width := cmp.Or(m.Width, 32)
	x := m.convolution(n, "stem", images, width)
	x = n.MaxPool("stem/pool", m.convolution(n, "stem2", x, width))                  // [B, 14, 14, width]
	x = n.MaxPool("stage1/pool", m.stage(n, "stage1", x, 2*width, 0))                // [B, 7, 7, 2*width]
	x = m.padToEven(m.stage(n, "stage2", x, 4*width, m.DropPath/2))                  // [B, 8, 8, 4*width]
	x = n.MaxPool("stage2/pool", x)                                                  // [B, 4, 4, 4*width]
	x = n.GlobalAveragePool("average", m.stage(n, "stage3", x, 8*width, m.DropPath)) // [B, 8*width]
	x = n.Dropout("dropout", x)
	return n.Dense("logits", x, cmp.Or(m.Classes, fashion.NumClasses))
}

// stage is a convolution and a residual block of two: [B, H, W, C] to [B, H, W, filters]. The block is left out for a fraction dropPath of the images in training.
func (m Residual) stage(n *layers.Net, name string, x *Node, filters int, dropPath float64) *Node {
	x = m.convolution(n, name+"_wide", x, filters)
	y := m.convolution(n, name+"_conv1", x, filters)
	y = m.convolution(n, name+"_conv2", y, filters)
	return n.Keep(name+"_sum", Add(x, branch(n, name, y, m.Squeeze, dropPath)))
}

// convolution is a 3x3 convolution, batch normalization and the activation.
func (m Residual) convolution(n *layers.Net, name string, x *Node, filters int) *Node {
	return n.Relu(name+"_relu", n.BatchNorm(name+"_bn", n.Conv(name+"_conv", x, filters)))
}

// padToEven pads feature maps of an odd side by a row and a column of zeros, so that they can be pooled. Zero is the minimum after ReLU.
func (m Residual) padToEven(x *Node) *Node {
	if x.Shape().Dimensions[1]%2 == 0 {
		return x
	}
	end := PadAxis{End: 1}
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, end, end, PadAxis{})
}
