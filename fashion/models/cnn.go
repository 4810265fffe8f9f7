package models

import (
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// CNN is the study's own convolutional network: four 3x3 convolutions in two stages, in the manner of Simonyan and
// Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015), and one hidden dense layer. Dropout is
// after each stage and after the hidden layer.
type CNN struct{}

// Logits builds the network on images [B, 28, 28, 1].
func (m CNN) Logits(n *layers.Net, images *Node) *Node {
	x := m.stage(n, "stage1", images, 32) // [B, 14, 14, 32]
	x = m.stage(n, "stage2", x, 64)       // [B, 7, 7, 64]
	x = n.Flatten("flatten", x)           // [B, 3136]
	x = layers.Relu(n.Dense("hidden", x, 128))
	x = n.Dropout("hidden/dropout", x)
	return n.Dense("logits", x, fashion.NumClasses)
}

// stage is two convolutions and a halving of the map: [B, H, W, C] to [B, H/2, W/2, filters].
func (m CNN) stage(n *layers.Net, name string, x *Node, filters int) *Node {
	x = layers.Relu(n.Conv(name+"/conv1", x, filters))
	x = layers.Relu(n.Conv(name+"/conv2", x, filters))
	x = n.MaxPool(name+"/pool", x)
	return n.Dropout(name+"/dropout", x)
}
