package models

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// GAN is a pair of networks (Goodfellow et al., "Generative Adversarial Nets", 2014): a generator, which makes images from noise, and a discriminator, which tells
// generated images from real ones. Both are conditioned on the class. A user-defined one needs all three fields. To train it and to load its generator, pass it along with a recipe whose
// Model.Name is its name. No layer of one network may have the name of a layer of the other.
type GAN struct {
	Name string // as in recipes.Model.Name

	// Generate builds the generator and returns its images, [B, 28, 28, 1] with values from 0 (black) to 1, for latents [B, L], normally distributed, and one-hot classes [B, 10].
	Generate func(n *layers.Net, latents, classes *Node) *Node

	// Discriminate builds the discriminator on images [B, 28, 28, 1] with values from 0 to 1 and their one-hot classes [B, 10]. It returns the logits of the images being real, [B].
	Discriminate func(n *layers.Net, images, classes *Node) *Node
}

// OwnName returns the name by which a recipe refers to the GAN.
func (m GAN) OwnName() string { return m.Name }

// isGAN reports whether a model is a GAN: one of the study's, or one of own.
func isGAN(m recipes.Model, own []recipes.Own) bool {
	return slices.Contains(studyGANs, m.Name) || slices.ContainsFunc(recipes.OwnOf[GAN](own), func(o GAN) bool { return o.Name == m.Name })
}

// GANOf returns the GAN of a recipe's model: one of the study's, or the one of that name in own.
func GANOf(m recipes.Model, own ...GAN) (GAN, error) {
	for _, o := range own {
		if o.Name == "" || o.Generate == nil || o.Discriminate == nil || slices.Contains(studyModels(), o.Name) {
			return GAN{}, fmt.Errorf("a user-defined GAN is named %q, want a name that is none of %s, and functions Generate and Discriminate", o.Name, strings.Join(studyModels(), ", "))
		}
	}
	known := recipes.Model{Name: m.Name, Latent: m.Latent} // the hyperparameters that the GAN supports
	var found GAN
	if slices.Contains(studyGANs, m.Name) {
		known.Width = m.Width
		if m.Width < 1 || m.Width > 512 {
			return GAN{}, fmt.Errorf("model.width is %d, want 1 to 512 channels for %s", m.Width, m.Name)
		}
		found = studyGAN(m)
	} else {
		i := slices.IndexFunc(own, func(o GAN) bool { return o.Name == m.Name })
		if i < 0 {
			return GAN{}, fmt.Errorf("the model is %s, which is no GAN: want one of %s, or the name of a models.GAN that is passed; train.Fit trains a classifier", m.Name, strings.Join(studyGANs, ", "))
		}
		found = own[i]
	}
	if m.Latent < 1 || m.Latent > 1024 {
		return GAN{}, fmt.Errorf("model.latent is %d, want 1 to 1024 numbers from which %s makes an image", m.Latent, m.Name)
	}
	if m != known {
		return GAN{}, unsupported(m, known)
	}
	return found, nil
}

// BuildGenerator is Generate, checked. It panics with a *NetworkError that names the layer at fault.
func (m GAN) BuildGenerator(n *layers.Net, latents, classes *Node) *Node {
	return buildNamed(m.Name+", its generator", n, []int{latents.Shape().Dimensions[0], fashion.Side, fashion.Side, 1}, func() *Node { return m.Generate(n, latents, classes) })
}

// BuildDiscriminator is Discriminate, checked as BuildGenerator does.
func (m GAN) BuildDiscriminator(n *layers.Net, images, classes *Node) *Node {
	return buildNamed(m.Name+", its discriminator", n, images.Shape().Dimensions[:1], func() *Node { return m.Discriminate(n, images, classes) })
}

// BuildBoth is BuildDiscriminator on real and on generated images of the same classes. Apart, as in DCGAN, they are separate batches for batch normalization, see Built.Apart.
func (m GAN) BuildBoth(n *layers.Net, real, generated, classes *Node, apart bool) (onReal, onGenerated *Node) {
	if apart {
		return m.BuildDiscriminator(n, real, classes), m.BuildDiscriminator(n, generated, classes)
	}
	all := m.BuildDiscriminator(n, Concatenate([]*Node{real, generated}, 0), Concatenate([]*Node{classes, classes}, 0))
	b := real.Shape().Dimensions[0]
	return Slice(all, AxisRange(0, b)), Slice(all, AxisRange(b))
}
