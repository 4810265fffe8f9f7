package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// GAN is a pair of networks (Goodfellow et al., "Generative Adversarial Nets", 2014): a generator that makes images of a class from noise, and a
// discriminator that tells them from real ones. Both are told the class.
//
// The baseline (Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks", 2016):
// normalized over the batch, in both networks. With spectral normalization the kernels of the discriminator are bounded (see layers.SpectralNorm), and the generator
// normalizes each position for itself, so that an image does not depend on the others of its batch.
type GAN struct {
	Spectral bool // spectral normalization instead of the baseline's
	Width    int  // channels at the image's own side, of both networks
}

// checkGAN reports what makes no sense for a GAN.
func checkGAN(m run.Model) error {
	if m.Latent < 1 || m.Latent > 1024 {
		return fmt.Errorf("model.latent is %d, want 1 to 1024 numbers from which %s makes an image", m.Latent, m.Name)
	}
	if m.Width < 1 || m.Width > 512 {
		return fmt.Errorf("model.width is %d, want 1 to 512 channels for %s", m.Width, m.Name)
	}
	return nil
}

// The first letters of the names of the networks' layers.
const (
	GeneratorLayers     = "generator_"
	DiscriminatorLayers = "discriminator_"
)

const ganSide = fashion.Side / 4 // of the smallest maps

// Images makes images, [B, 28, 28, 1] from 0 (black) to 1, of classes [B, 10], one-hot, from latents [B, L], normally distributed.
func (m GAN) Images(n *layers.Net, latents, classes *Node) *Node {
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

// activate is a normalization of the generator and what follows it.
func (m GAN) activate(n *layers.Net, name string, x, code *Node) *Node {
	if !m.Spectral {
		return n.Relu(name+"_relu", n.BatchNorm(name, x))
	}
	return n.Relu(name+"_relu", n.Modulate(name, x, code))
}

// Scores tells how real images of classes look, [B], more for real: the logit of their being real. The class enters as a projection (Miyato and Koyama, "cGANs with
// Projection Discriminator", 2018).
func (m GAN) Scores(n *layers.Net, images, classes *Node) *Node {
	if m.Spectral {
		n.SpectralNorm()
	}
	x := AddScalar(MulScalar(images, 2), -1)
	x = n.LeakyRelu(DiscriminatorLayers+"relu1", n.Conv(DiscriminatorLayers+"conv1", x, m.Width))
	x = m.judge(n, "2", n.AveragePool(DiscriminatorLayers+"pool1", x), 2*m.Width) // [B, 14, 14, 2W]
	x = m.judge(n, "3", n.AveragePool(DiscriminatorLayers+"pool2", x), 4*m.Width) // [B, 7, 7, 4W]
	x = n.Dense(DiscriminatorLayers+"dense", n.Flatten(DiscriminatorLayers+"flatten", x), 4*m.Width)
	x = n.LeakyRelu(DiscriminatorLayers+"relu4", x)
	fits := ReduceSum(Mul(x, n.Dense(DiscriminatorLayers+"class", classes, 4*m.Width)), -1)
	return Add(Reshape(n.Dense(DiscriminatorLayers+"score", x, 1), -1), fits)
}

// ScoresOfBoth are the scores of real and of generated images of the same classes. Where the network normalizes over a batch, they are batches of their own, as
// the baseline's authors advise.
func (m GAN) ScoresOfBoth(n *layers.Net, real, generated, classes *Node) (onReal, onGenerated *Node) {
	if !m.Spectral {
		return m.Scores(n, real, classes), m.Scores(n, generated, classes)
	}
	all := m.Scores(n, Concatenate([]*Node{real, generated}, 0), Concatenate([]*Node{classes, classes}, 0))
	b := real.Shape().Dimensions[0]
	return Slice(all, AxisRange(0, b)), Slice(all, AxisRange(b))
}

// judge is a convolution of the discriminator and what follows it.
func (m GAN) judge(n *layers.Net, number string, x *Node, filters int) *Node {
	x = n.Conv(DiscriminatorLayers+"conv"+number, x, filters)
	if !m.Spectral {
		x = n.BatchNorm(DiscriminatorLayers+"norm"+number, x)
	}
	return n.LeakyRelu(DiscriminatorLayers+"relu"+number, x)
}
