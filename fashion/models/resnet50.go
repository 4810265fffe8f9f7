package models

import (
	"cmp"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// ResNet50 is the residual network with 50 layers of He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2016), as in Keras's
// ResNet50(weights=None, classes=10): the first convolution of a block has the stride, and all convolutions have a bias. Dropout precedes the last layer.
type ResNet50 struct {
	Input   string // how images of a smaller side are enlarged to 32x32: "" by a black border, "resize" by bilinear interpolation
	Stem    string // "" is the paper's: 7x7 with stride 2, then max pooling; "small" is for small images: 3x3 with stride 1, without pooling
	Classes int    // 0 means 10, those of Fashion-MNIST
}

// resnetSide is the least side of the network's input, in pixels: five halvings end at one.
const resnetSide = 32

// Logits builds the network on images [B, 28, 28, 1] and returns its logits, [B, Classes]. Shapes are those with the paper's stem.
func (m ResNet50) Logits(n *layers.Net, images *Node) *Node {
	x := enlarge(images, m.Input, max(resnetSide, images.Shape().Dimensions[1])) // [B, 32, 32, 1]
	x = m.stem(n, x)                                                             // [B, 8, 8, 64]
	x = m.stage(n, "conv2", x, 64, 3, 1)                                         // [B, 8, 8, 256]
	x = m.stage(n, "conv3", x, 128, 4, 2)                                        // [B, 4, 4, 512]
	x = m.stage(n, "conv4", x, 256, 6, 2)                                        // [B, 2, 2, 1024]
	x = m.stage(n, "conv5", x, 512, 3, 2)                                        // [B, 1, 1, 2048]
	x = n.GlobalAveragePool("avg_pool", x)                                       // [B, 2048]
	x = n.Dropout("dropout", x)
	return n.Dense("predictions", x, cmp.Or(m.Classes, fashion.NumClasses))
}

// stem is the first convolution: [B, 32, 32, 1] to [B, 8, 8, 64], or to [B, 32, 32, 64] if it is small.
func (m ResNet50) stem(n *layers.Net, x *Node) *Node {
	if m.Stem == "small" {
		return m.convolution(n, "conv1", x, 64, 3, 1, true)
	}
	x = m.convolution(n, "conv1", x, 64, 7, 2, true) // [B, 16, 16, 64]
	return n.MaxPool3("pool1_pool", x)
}

// stage is a sequence of blocks, of which the first has the stride.
func (m ResNet50) stage(n *layers.Net, name string, x *Node, filters, blocks, stride int) *Node {
	for i := range blocks {
		x = m.block(n, fmt.Sprintf("%s_block%d", name, i+1), x, filters, stride, i == 0)
		stride = 1
	}
	return x
}

// block is a bottleneck block: 1x1 to fewer channels, 3x3, 1x1 to four times as many, added to the shortcut. The shortcut is the input, or in the first block of a
// stage a 1x1 convolution of it, which gives it the same shape.
func (m ResNet50) block(n *layers.Net, name string, x *Node, filters, stride int, first bool) *Node {
	shortcut := x
	if first {
		shortcut = m.convolution(n, name+"_0", x, 4*filters, 1, stride, false)
	}
	x = m.convolution(n, name+"_1", x, filters, 1, stride, true)
	x = m.convolution(n, name+"_2", x, filters, 3, 1, true)
	x = m.convolution(n, name+"_3", x, 4*filters, 1, 1, false)
	return n.Relu(name+"_out", Add(shortcut, x))
}

// convolution is a convolution, batch normalization and, if relu is set, the activation.
func (m ResNet50) convolution(n *layers.Net, name string, x *Node, filters, side, stride int, relu bool) *Node {
	x = n.BatchNorm(name+"_bn", n.ConvStrided(name+"_conv", x, filters, side, stride))
	if relu {
		x = n.Relu(name+"_relu", x)
	}
	return x
}
