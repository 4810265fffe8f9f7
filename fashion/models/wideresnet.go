package models

import (
	"cmp"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// WideResNet is the wide residual network WRN-depth-width of Zagoruyko and Komodakis, "Wide Residual Networks" (2016), for images of 28x28: a convolution, then three groups of residual blocks
// with pre-activation (He et al., "Identity Mappings in Deep Residual Networks", 2016), the last two of which halve the feature maps. Dropout is between the convolutions of a block, as in
// the paper; convolutions have a bias. A block may have squeeze-and-excitation, and may be left out in training.
type WideResNet struct {
	Depth    int     // layers, 6n+4 for n blocks in a group; 0 means 16
	Width    int     // factor of the channels, which are 16, 32 and 64 without it; 0 means 2
	Squeeze  int     // see recipes.Model
	DropPath float64 // see recipes.Model
	Classes  int     // 0 means 10, those of Fashion-MNIST
}

// wideResNet returns the network of a recipe's model.
func wideResNet(m recipes.Model) (WideResNet, error) {
	w := WideResNet{m.Depth, m.Width, m.Squeeze, m.DropPath, m.Classes}
	if m.Depth != 0 && (m.Depth < 10 || (m.Depth-4)%6 != 0) {
		return w, fmt.Errorf("model.depth is %d, want 10, 16, 22 and so on: 6n+4 layers for n blocks in each group", m.Depth)
	}
	return w, nil
}

// Logits builds the network on images [B, 28, 28, 1] and returns its logits, [B, Classes].
func (m WideResNet) Logits(n *layers.Net, images *Node) *Node {
	x := n.Conv("stem", images, 16)
	blocks, width := (cmp.Or(m.Depth, 16)-4)/6, cmp.Or(m.Width, 2)
	for group, channels := range []int{16, 32, 64} { // [B, 28, 28, 16*width], [B, 14, 14, 32*width], [B, 7, 7, 64*width]
		for i := range blocks {
			stride := 1
			if group > 0 && i == 0 {
				stride = 2
			}
			rate := m.DropPath * float64(group*blocks+i) / float64(3*blocks-1)
			x = m.block(n, fmt.Sprintf("group%d_block%d", group+1, i+1), x, channels*width, stride, rate)
		}
	}
	x = n.Relu("relu", n.BatchNorm("norm", x))
	x = n.GlobalAveragePool("average", x) // [B, 64*width]
	return n.Dense("logits", x, cmp.Or(m.Classes, fashion.NumClasses))
}

// block is a residual block of two 3x3 convolutions, each after batch normalization and activation, of which the first has the stride: [B, H, W, C] to [B, H/stride, W/stride, filters], rounded up. The
// shortcut is the input, or where the shape changes a 1x1 convolution of the activated input.
func (m WideResNet) block(n *layers.Net, name string, x *Node, filters, stride int, dropPath float64) *Node {
	activated := n.Relu(name+"/relu1", n.BatchNorm(name+"/norm1", x))
	if stride > 1 || filters != x.Shape().Dimensions[3] {
		x = n.ConvStrided(name+"/shortcut", activated, filters, 1, stride)
	}
	y := n.ConvStrided(name+"/conv1", activated, filters, 3, stride)
	y = n.Relu(name+"/relu2", n.BatchNorm(name+"/norm2", y))
	y = n.Conv(name+"/conv2", n.Dropout(name+"/dropout", y), filters)
	return n.Keep(name+"/sum", Add(x, branch(n, name, y, m.Squeeze, dropPath)))
}

// branch is what a residual block adds to its shortcut: y, with squeeze-and-excitation if squeeze is not 0, left out for a fraction dropPath of the images in training.
func branch(n *layers.Net, name string, y *Node, squeeze int, dropPath float64) *Node {
	if squeeze > 0 {
		y = n.SqueezeExcite(name+"/se", y, squeeze)
	}
	return n.DropPath(name+"/drop_path", y, dropPath)
}
