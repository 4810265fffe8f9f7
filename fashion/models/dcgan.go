package models

import (
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// convolutionalGAN is the study's. The baseline is DCGAN (Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks", 2016), with
// batch normalization in both networks. With spectral set, the discriminator has spectral normalization instead (see layers.Net.SpectralNorm), and the generator
// normalizes each position by itself (see layers.Net.Modulate), so that an image does not depend on the others of its batch.
type convolutionalGAN struct {
	spectral bool // spectral normalization instead of batch normalization
	width    int  // channels of both networks at 28x28
}

// The prefixes of the names of the networks' layers.
const (
	generatorLayers     = "generator_"
	discriminatorLayers = "discriminator_"
)

const ganSide = fashion.Side / 4 // of the smallest feature maps, in pixels

// generate is GAN.Generate.
func (m convolutionalGAN) generate(n *layers.Net, latents, classes *Node) *Node {
	code := Concatenate([]*Node{latents, classes}, -1)
	x := n.Dense(generatorLayers+"start", code, ganSide*ganSide*4*m.width)
	x = Reshape(x, -1, ganSide, ganSide, 4*m.width)
	x = m.activate(n, generatorLayers+"norm1", x, code)
	x = n.UpsampleConv(generatorLayers+"conv1", x, 2*m.width) // [B, 14, 14, 2W]
	x = m.activate(n, generatorLayers+"norm2", x, code)
	x = n.UpsampleConv(generatorLayers+"conv2", x, m.width) // [B, 28, 28, W]
	x = m.activate(n, generatorLayers+"norm3", x, code)
	return Sigmoid(n.Conv(generatorLayers+"image", x, 1))
}

// activate is a normalization of the generator and its activation.
func (m convolutionalGAN) activate(n *layers.Net, name string, x, code *Node) *Node {
	if !m.spectral {
		return n.Relu(name+"_relu", n.BatchNorm(name, x))
	}
	return n.Relu(name+"_relu", n.Modulate(name, x, code))
}

// discriminate is GAN.Discriminate. The class enters as a projection (Miyato and Koyama, "cGANs with Projection Discriminator", 2018).
func (m convolutionalGAN) discriminate(n *layers.Net, images, classes *Node) *Node {
	if m.spectral {
		n.SpectralNorm()
	}
	x := AddScalar(MulScalar(images, 2), -1)
	x = n.LeakyRelu(discriminatorLayers+"relu1", n.Conv(discriminatorLayers+"conv1", x, m.width))
	x = m.convolution(n, "2", n.AveragePool(discriminatorLayers+"pool1", x), 2*m.width) // [B, 14, 14, 2W]
	x = m.convolution(n, "3", n.AveragePool(discriminatorLayers+"pool2", x), 4*m.width) // [B, 7, 7, 4W]
	x = n.Dense(discriminatorLayers+"dense", n.Flatten(discriminatorLayers+"flatten", x), 4*m.width)
	x = n.LeakyRelu(discriminatorLayers+"relu4", x)
	projection := ReduceSum(Mul(x, n.Dense(discriminatorLayers+"class", classes, 4*m.width)), -1)
	return Add(Reshape(n.Dense(discriminatorLayers+"score", x, 1), -1), projection)
}

// convolution is a convolution of the discriminator, the baseline's normalization and the activation.
func (m convolutionalGAN) convolution(n *layers.Net, number string, x *Node, filters int) *Node {
	x = n.Conv(discriminatorLayers+"conv"+number, x, filters)
	if !m.spectral {
		x = n.BatchNorm(discriminatorLayers+"norm"+number, x)
	}
	return n.LeakyRelu(discriminatorLayers+"relu"+number, x)
}
