package models

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// ConvNeXt is the network of Liu et al., "A ConvNet for the 2020s" (CVPR 2022): a ResNet with the design of vision transformers. Its layers are named as in timm.
// Dropout precedes the last layer.
type ConvNeXt struct {
	Depths  [4]int // blocks of each stage
	Widths  [4]int // channels of each stage
	Classes int    // 0 means 10, those of Fashion-MNIST

	HeadEpsilon float64 // epsilon of the last LayerNorm; 0 means that of all others, 1e-6
	DropPath    float64 // rate of stochastic depth in the last block, 0 to 1; it rises linearly from 0 in the first block
}

// convNeXtSizes are the sizes of the paper (tiny, small and base) and the smaller ones of timm.
var convNeXtSizes = map[string]ConvNeXt{
	"atto":  {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{40, 80, 160, 320}},
	"femto": {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{48, 96, 192, 384}},
	"pico":  {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{64, 128, 256, 512}},
	"nano":  {Depths: [4]int{2, 2, 8, 2}, Widths: [4]int{80, 160, 320, 640}},
	"tiny":  {Depths: [4]int{3, 3, 9, 3}, Widths: [4]int{96, 192, 384, 768}},
	"small": {Depths: [4]int{3, 3, 27, 3}, Widths: [4]int{96, 192, 384, 768}},
	"base":  {Depths: [4]int{3, 3, 27, 3}, Widths: [4]int{128, 256, 512, 1024}},
}

// convNeXtSide is the smallest side of the images, in pixels: five halvings end at one.
const convNeXtSide = 32

func newConvNeXt(m recipes.Model) ConvNeXt {
	c := convNeXtSizes[m.Size]
	c.DropPath, c.HeadEpsilon, c.Classes = m.DropPath, m.HeadEpsilon, m.Classes
	return c
}

func checkConvNeXt(m recipes.Model) error {
	if _, ok := convNeXtSizes[m.Size]; !ok {
		return fmt.Errorf("model.size is %q, want one of %s", m.Size, strings.Join(slices.Sorted(maps.Keys(convNeXtSizes)), ", "))
	}
	if layers := newConvNeXt(m).KerasLayers(); m.FineTuneAt < 0 || m.FineTuneAt > layers {
		return fmt.Errorf("model.fine_tune_at is %d, want 0 to %d, the number of layers of convnext %s", m.FineTuneAt, layers, m.Size)
	}
	if m.Side != 0 && (m.Side < convNeXtSide || m.Side > 512) {
		return fmt.Errorf("model.side is %d pixels, want %d to 512: five halvings must leave one", m.Side, convNeXtSide)
	}
	if own := m.Shape.Dimensions()[0]; m.Side != 0 && m.Side != bordered(own) && m.Input != "resize" {
		return fmt.Errorf("model.input is %q with a side of %d pixels, want resize: a border brings %d to %d", m.Input, m.Side, own, bordered(own))
	}
	return nil
}

// bordered is the side to which a border brings images of a side: the multiple of convNeXtSide that it does not exceed.
func bordered(side int) int { return (side + convNeXtSide - 1) / convNeXtSide * convNeXtSide }

// headEpsilon is the epsilon of the last LayerNorm.
func (m ConvNeXt) headEpsilon() float64 {
	if m.HeadEpsilon == 0 {
		return convNeXtEpsilon
	}
	return m.HeadEpsilon
}

// network returns the network of a recipe's model. It has so many parameters and so small feature maps that micro-batches cost more than they gain: 480 ms a step
// instead of 324 (tiny, batch 64, two cores).
func (m ConvNeXt) network(model recipes.Model) Network {
	side := cmp.Or(model.Side, bordered(model.Shape.Dimensions()[0]))
	return Network{
		Name: model.Name, Border: border(model, side), WholeBatch: true, HeadEpsilon: m.headEpsilon(),
		Logits: func(n *layers.Net, images *Node) *Node {
			n.Freeze(func(layer string) bool { return m.KerasLayer(layer) < model.FineTuneAt })
			return m.Logits(n, colour(enlarge(images, model.Input, side)))
		},
		LayerDecay: func(decay float64, parameter string) float64 {
			return math.Pow(decay, float64(m.BlocksToHead(parameter)))
		},
	}
}

// colour normalizes values from 0 to 1, [B, H, W, 3], by ImageNet's mean and standard deviation, as networks trained on ImageNet expect. It repeats grey values, [B, H, W, 1], in the three channels.
func colour(images *Node) *Node {
	g := images.Graph()
	mean := Const(g, [][][][]float32{{{{0.485, 0.456, 0.406}}}})
	deviation := Const(g, [][][][]float32{{{{0.229, 0.224, 0.225}}}})
	return Div(Sub(images, ConvertDType(mean, images.DType())), ConvertDType(deviation, images.DType()))
}

const (
	convNeXtEpsilon   = 1e-6 // of its LayerNorms
	convNeXtDeviation = 0.02 // standard deviation of the initial kernels
	layerScale        = 1e-6 // initial value
)

// Stages builds the network without its head on images [B, H, W, 3], with H and W of 32 or more, and returns the outputs of its four stages. The first has a
// quarter of the images' side, each other half the side of the one before.
func (m ConvNeXt) Stages(n *layers.Net, x *Node) (outputs [4]*Node) {
	x = n.LayerNorm("stem_1", n.Patchify("stem_0", x, m.Widths[0], 4), convNeXtEpsilon) // [B, H/4, W/4, C]
	blocks, block := 0, 0
	for _, depth := range m.Depths {
		blocks += depth
	}
	for i, depth := range m.Depths {
		stage := fmt.Sprintf("stages_%d", i)
		if i > 0 {
			x = n.LayerNorm(stage+"_downsample_0", x, convNeXtEpsilon)
			x = n.Patchify(stage+"_downsample_1", x, m.Widths[i], 2) // half the side
		}
		for j := range depth {
			rate := m.DropPath * float64(block) / float64(max(blocks-1, 1))
			x = m.block(n, fmt.Sprintf("%s_blocks_%d", stage, j), x, rate)
			block++
		}
		outputs[i] = n.Keep(stage, x)
	}
	return outputs
}

// block is a depthwise 7x7 convolution and, at each position, an MLP with a hidden layer of four times as many channels, added to the input.
func (m ConvNeXt) block(n *layers.Net, name string, x *Node, dropPath float64) *Node {
	channels := x.Shape().Dimensions[3]
	y := n.DepthwiseConv(name+"_conv_dw", x, 7)
	y = n.LayerNorm(name+"_norm", y, convNeXtEpsilon)
	y = layers.Gelu(n.PointwiseDense(name+"_mlp_fc1", y, 4*channels, layers.TruncatedNormal(convNeXtDeviation))) // [B, H, W, 4C]
	y = n.PointwiseDense(name+"_mlp_fc2", y, channels, layers.TruncatedNormal(convNeXtDeviation))
	y = n.LayerScale(name+"_gamma", y, layerScale)
	return Add(x, n.DropPath(name+"_drop_path", y, dropPath))
}

// Logits builds the network on images [B, H, W, 3] and returns its logits, [B, Classes].
func (m ConvNeXt) Logits(n *layers.Net, images *Node) *Node {
	features := n.LayerNorm("head_norm", n.GlobalAveragePool("head_pool", m.Stages(n, images)[3]), m.headEpsilon()) // [B, C]
	return n.PointwiseDense("head_fc", n.Dropout("head_drop", features), cmp.Or(m.Classes, fashion.NumClasses), layers.TruncatedNormal(convNeXtDeviation))
}
