package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// GAN is a pair of networks (Goodfellow et al., "Generative Adversarial Nets", 2014): a generator, which makes images from noise, and a discriminator, which tells
// generated images from real ones. Both are conditioned on the class.
//
// The baseline is DCGAN (Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks", 2016), with
// batch normalization in both networks. With Spectral set, the discriminator has spectral normalization instead (see layers.Net.SpectralNorm), and the generator
// normalizes each position by itself (see layers.Net.Modulate), so that an image does not depend on the others of its batch.
type GAN struct {
	Spectral bool // spectral normalization instead of batch normalization
	Width    int  // channels of both networks at 28x28
}

// checkGAN checks the hyperparameters of a GAN.
func checkGAN(m recipes.Model) error {
	if m.Latent < 1 || m.Latent > 1024 {
		return fmt.Errorf("model.latent is %d, want 1 to 1024 numbers from which %s makes an image", m.Latent, m.Name)
	}
	if m.Width < 1 || m.Width > 512 {
		return fmt.Errorf("model.width is %d, want 1 to 512 channels for %s", m.Width, m.Name)
	}
	return nil
}

// The prefixes of the names of the networks' layers.
const (
	GeneratorLayers     = "generator_"
	DiscriminatorLayers = "discriminator_"
)

const ganSide = fashion.Side / 4 // of the smallest feature maps, in pixels

// Generate builds the generator and returns its images, [B, 28, 28, 1] with values from 0 (black) to 1, for latents [B, L], normally distributed, and one-hot
// classes [B, 10].
func (m GAN) Generate(n *layers.Net, latents, classes *Node) *Node {
	code := Concatenate([]*Node{latents, classes}, -1)
	x := n.Dense(GeneratorLayers+"start", code, ganSide*ganSide*4*m.Width)
	x = Reshape(x, -1, ganSide, ganSide, 4*m.Width)
	x = m.activate(n, GeneratorLayers+"norm1", x, code)
	x = n.UpsampleConv(GeneratorLayers+"conv1", x, 2*m.Width) // [B, 14, 14, 2W]
	x = m.activate(n, GeneratorLayers+"norm2", x, code)
	x = n.UpsampleConv(GeneratorLayers+"conv2", x, m.Width) // [B, 28, 28, W]
	x = m.activate(n, GeneratorLayers+"norm3", x, code)
	return Sigmoid(n.Conv(GeneratorLayers+"image", x, 1))
}

// activate is a normalization of the generator and its activation.
func (m GAN) activate(n *layers.Net, name string, x, code *Node) *Node {
	if !m.Spectral {
		return n.Relu(name+"_relu", n.BatchNorm(name, x))
	}
	return n.Relu(name+"_relu", n.Modulate(name, x, code))
}

// Discriminate builds the discriminator on images [B, 28, 28, 1] with values from 0 to 1 and their one-hot classes [B, 10]. It returns the logits of the images
// being real, [B]. The class enters as a projection (Miyato and Koyama, "cGANs with Projection Discriminator", 2018).
func (m GAN) Discriminate(n *layers.Net, images, classes *Node) *Node {
	if m.Spectral {
		n.SpectralNorm()
	}
	x := AddScalar(MulScalar(images, 2), -1)
	x = n.LeakyRelu(DiscriminatorLayers+"relu1", n.Conv(DiscriminatorLayers+"conv1", x, m.Width))
	x = m.convolution(n, "2", n.AveragePool(DiscriminatorLayers+"pool1", x), 2*m.Width) // [B, 14, 14, 2W]
	x = m.convolution(n, "3", n.AveragePool(DiscriminatorLayers+"pool2", x), 4*m.Width) // [B, 7, 7, 4W]
	x = n.Dense(DiscriminatorLayers+"dense", n.Flatten(DiscriminatorLayers+"flatten", x), 4*m.Width)
	x = n.LeakyRelu(DiscriminatorLayers+"relu4", x)
	projection := ReduceSum(Mul(x, n.Dense(DiscriminatorLayers+"class", classes, 4*m.Width)), -1)
	return Add(Reshape(n.Dense(DiscriminatorLayers+"score", x, 1), -1), projection)
}

// DiscriminateBoth is Discriminate on real and on generated images of the same classes. With batch normalization they are separate batches, as in DCGAN.
func (m GAN) DiscriminateBoth(n *layers.Net, real, generated, classes *Node) (onReal, onGenerated *Node) {
	if !m.Spectral {
		return m.Discriminate(n, real, classes), m.Discriminate(n, generated, classes)
	}
	all := m.Discriminate(n, Concatenate([]*Node{real, generated}, 0), Concatenate([]*Node{classes, classes}, 0))
	b := real.Shape().Dimensions[0]
	return Slice(all, AxisRange(0, b)), Slice(all, AxisRange(b))
}

// convolution is a convolution of the discriminator, the baseline's normalization and the activation.
func (m GAN) convolution(n *layers.Net, number string, x *Node, filters int) *Node {
	x = n.Conv(DiscriminatorLayers+"conv"+number, x, filters)
	if !m.Spectral {
		x = n.BatchNorm(DiscriminatorLayers+"norm"+number, x)
	}
	return n.LeakyRelu(DiscriminatorLayers+"relu"+number, x)
}
