package models

import (
	"cmp"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// CNN is the study's own convolutional network: four 3x3 convolutions in two stages, in the style of Simonyan and Zisserman, "Very Deep Convolutional Networks
// for Large-Scale Image Recognition" (2015), and one hidden dense layer. Dropout follows each stage and the hidden layer.
type CNN struct {
	Filters int // of the first stage's convolutions; the second has twice as many. 0 means 32
	Depth   int // convolutions of a stage; 0 means 2
	Hidden  int // units of the hidden layer; 0 means 128
	Classes int // 0 means 10, those of Fashion-MNIST
}

// Logits builds the network on images [B, 28, 28, 1] and returns its logits, [B, Classes].
func (m CNN) Logits(n *layers.Net, images *Node) *Node {
	filters := cmp.Or(m.Filters, 32)
	x := m.stage(n, "stage1", images, filters) // [B, 14, 14, filters]
	x = m.stage(n, "stage2", x, 2*filters)     // [B, 7, 7, 2*filters]
	x = n.Flatten("flatten", x)                // [B, 98*filters]
	x = layers.Relu(n.Dense("hidden", x, cmp.Or(m.Hidden, 128)))
	x = n.Dropout("hidden/dropout", x)
	return n.Dense("logits", x, cmp.Or(m.Classes, fashion.NumClasses))
}

// stage is a sequence of convolutions and a max pooling: [B, H, W, C] to [B, H/2, W/2, filters].
func (m CNN) stage(n *layers.Net, name string, x *Node, filters int) *Node {
	for i := range cmp.Or(m.Depth, 2) {
		x = layers.Relu(n.Conv(fmt.Sprintf("%s/conv%d", name, i+1), x, filters))
	}
	x = n.MaxPool(name+"/pool", x)
	return n.Dropout(name+"/dropout", x)
}
