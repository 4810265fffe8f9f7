// Package gan trains the two networks of a GAN against each other, and makes images with the generator: of a class, between two of them, along a latent direction, and
// as synthetic training images.
package gan
