package models

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// ConvNeXt is the network of Liu et al., "A ConvNet for the 2020s" (CVPR 2022): a ResNet whose blocks are modernized after the manner of
// transformers. Its layers are named as in timm. The head has dropout before the last layer.
type ConvNeXt struct {
	Depths  [4]int // blocks of each stage
	Widths  [4]int // channels of each stage
	Classes int    // 0: those of Fashion-MNIST
	// HeadEpsilon is what the last LayerNorm adds to the variance; 0 means as all others.
	HeadEpsilon float64
	DropPath    float64 // share of images for which the last block is left out in training; it rises to that from 0 in the first block
}

// convNeXtSizes are the sizes of the paper (tiny, small, base) and the smaller ones of timm.
var convNeXtSizes = map[string]ConvNeXt{
	"atto":  {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{40, 80, 160, 320}},
	"femto": {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{48, 96, 192, 384}},
	"pico":  {Depths: [4]int{2, 2, 6, 2}, Widths: [4]int{64, 128, 256, 512}},
	"nano":  {Depths: [4]int{2, 2, 8, 2}, Widths: [4]int{80, 160, 320, 640}},
	"tiny":  {Depths: [4]int{3, 3, 9, 3}, Widths: [4]int{96, 192, 384, 768}},
	"small": {Depths: [4]int{3, 3, 27, 3}, Widths: [4]int{96, 192, 384, 768}},
	"base":  {Depths: [4]int{3, 3, 27, 3}, Widths: [4]int{128, 256, 512, 1024}},
}

// convNeXtSide is the least side of the images: five halvings end at one pixel.
const convNeXtSide = 32

func newConvNeXt(m run.Model) ConvNeXt {
	c := convNeXtSizes[m.Size]
	c.DropPath, c.HeadEpsilon = m.DropPath, m.HeadEpsilon
	return c
}

func checkConvNeXt(m run.Model) error {
	if _, ok := convNeXtSizes[m.Size]; !ok {
		return fmt.Errorf("model.size is %q, want one of %s", m.Size, strings.Join(slices.Sorted(maps.Keys(convNeXtSizes)), ", "))
	}
	if layers := newConvNeXt(m).KerasLayers(); m.FineTuneAt < 0 || m.FineTuneAt > layers {
		return fmt.Errorf("model.fine_tune_at is %d, want 0 to %d, the number of layers of convnext %s", m.FineTuneAt, layers, m.Size)
	}
	if m.Side != 0 && (m.Side < convNeXtSide || m.Side > 512) {
		return fmt.Errorf("model.side is %d pixels, want %d to 512: five halvings must leave one", m.Side, convNeXtSide)
	}
	if m.Side > convNeXtSide && m.Input != "resize" {
		return fmt.Errorf("model.input is %q with a side of %d pixels, want resize: a border brings 28 to %d", m.Input, m.Side, convNeXtSide)
	}
	return nil
}

// headEpsilon is what the last LayerNorm adds to the variance.
func (m ConvNeXt) headEpsilon() float64 {
	if m.HeadEpsilon == 0 {
		return convNeXtEpsilon
	}
	return m.HeadEpsilon
}

// network is the network of a recipe's model. It has so many parameters for so small maps that adding up the gradients of a batch's parts costs more than it gains: 480 ms
// a step instead of 324 (tiny, batch 64, two cores).
func (m ConvNeXt) network(model run.Model) Network {
	return Network{
		Name: model.Name, Border: border(model, convNeXtSide), WholeBatch: true, HeadEpsilon: m.headEpsilon(),
		Logits: func(n *layers.Net, images *Node) *Node {
			n.Freeze(func(layer string) bool { return m.KerasLayer(layer) < model.FineTuneAt })
			return m.Logits(n, colour(enlarge(images, model.Input, max(model.Side, convNeXtSide))))
		},
		LayerDecay: func(decay float64, parameter string) float64 { return math.Pow(decay, float64(m.Depth(parameter))) },
	}
}

// colour turns grey values from 0 to 1, [B, H, W, 1], into the three channels that networks trained on ImageNet expect, normalized by the
// mean and the standard deviation of ImageNet's.
func colour(grey *Node) *Node {
	g := grey.Graph()
	mean := Const(g, [][][][]float32{{{{0.485, 0.456, 0.406}}}})
	deviation := Const(g, [][][][]float32{{{{0.229, 0.224, 0.225}}}})
	return Div(Sub(grey, ConvertDType(mean, grey.DType())), ConvertDType(deviation, grey.DType()))
}

const (
	convNeXtEpsilon = 1e-6 // of its LayerNorms
	layerScale      = 1e-6 // at first
)

// Stages builds the network up to the outputs of its four stages, on images of three channels, [B, H, W, 3]. H and W are 32 or more; each stage's output
// has half the side of the one before, the first a quarter of the images'.
func (m ConvNeXt) Stages(n *layers.Net, x *Node) (outputs [4]*Node) {
	x = n.LayerNorm("stem_1", n.Patches("stem_0", x, m.Widths[0], 4), convNeXtEpsilon) // [B, H/4, W/4, C]
	blocks, block := 0, 0
	for _, depth := range m.Depths {
		blocks += depth
	}
	for i, depth := range m.Depths {
		stage := fmt.Sprintf("stages_%d", i)
		if i > 0 {
			x = n.LayerNorm(stage+"_downsample_0", x, convNeXtEpsilon)
			x = n.Patches(stage+"_downsample_1", x, m.Widths[i], 2) // half the side
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

// block is a depthwise 7x7 convolution, then each place's channels through a hidden layer of four times as many, added to the input.
func (m ConvNeXt) block(n *layers.Net, name string, x *Node, dropPath float64) *Node {
	channels := x.Shape().Dimensions[3]
	y := n.DepthwiseConv(name+"_conv_dw", x, 7)
	y = n.LayerNorm(name+"_norm", y, convNeXtEpsilon)
	y = layers.Gelu(n.Linear(name+"_mlp_fc1", y, 4*channels)) // [B, H, W, 4C]
	y = n.Linear(name+"_mlp_fc2", y, channels)
	y = n.LayerScale(name+"_gamma", y, layerScale)
	return Add(x, n.DropPath(name+"_drop_path", y, dropPath))
}

// Logits builds the network on images [B, H, W, 3] and returns its logits.
func (m ConvNeXt) Logits(n *layers.Net, images *Node) *Node {
	classes := m.Classes
	if classes == 0 {
		classes = fashion.NumClasses
	}
	features := n.LayerNorm("head_norm", n.Mean("head_pool", m.Stages(n, images)[3]), m.headEpsilon()) // [B, C]
	return n.Linear("head_fc", n.Dropout("head_drop", features), classes)
}
