package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// ResNet50 is the residual network of He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2016), with 50
// layers in the form of Keras's ResNet50(weights=None, classes=10): the stride is in the first convolution of a block, all
// convolutions have a bias. Dropout is before the last layer.
type ResNet50 struct {
	Input string // how an image gets the side 32: "" by a black border, "resize" enlarged
	Stem  string // "" as in the paper, 7x7 with stride 2 and pooling; "small": 3x3 without, for small images
}

// resnetSide is the side of the images that the network sees: five halvings end at one pixel.
const resnetSide = 32

// Logits builds the network on images [B, 28, 28, 1].
func (m ResNet50) Logits(n *layers.Net, images *Node) *Node {
	x := enlarge(images, m.Input, resnetSide) // [B, 32, 32, 1]
	x = m.stem(n, x)                          // [B, 8, 8, 64]
	x = m.stage(n, "conv2", x, 64, 3, 1)      // [B, 8, 8, 256]
	x = m.stage(n, "conv3", x, 128, 4, 2)     // [B, 4, 4, 512]
	x = m.stage(n, "conv4", x, 256, 6, 2)     // [B, 2, 2, 1024]
	x = m.stage(n, "conv5", x, 512, 3, 2)     // [B, 1, 1, 2048]
	x = n.Mean("avg_pool", x)                 // [B, 2048]
	x = n.Dropout("dropout", x)
	return n.Dense("predictions", x, fashion.NumClasses)
}

// stem reads the image: a quarter of its side in the paper's form, the whole in the small one.
func (m ResNet50) stem(n *layers.Net, x *Node) *Node {
	if m.Stem == "small" {
		return m.convolution(n, "conv1", x, 64, 3, 1, true)
	}
	x = m.convolution(n, "conv1", x, 64, 7, 2, true) // [B, 16, 16, 64]
	return n.MaxPool3("pool1_pool", x)
}

// stage is a row of blocks, of which the first halves the map if the stride is 2.
func (m ResNet50) stage(n *layers.Net, name string, x *Node, filters, blocks, stride int) *Node {
	for i := range blocks {
		x = m.block(n, fmt.Sprintf("%s_block%d", name, i+1), x, filters, stride, i == 0)
		stride = 1
	}
	return x
}

// block is a bottleneck: 1x1 to fewer channels, 3x3, 1x1 to four times as many, added to its input. The first of a stage brings
// its input to the same shape by a 1x1 convolution.
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

// convolution is a convolution, its normalization and, if wanted, its activation.
func (m ResNet50) convolution(n *layers.Net, name string, x *Node, filters, side, stride int, relu bool) *Node {
	x = n.BatchNorm(name+"_bn", n.ConvStrided(name+"_conv", x, filters, side, stride))
	if relu {
		x = n.Relu(name+"_relu", x)
	}
	return x
}
