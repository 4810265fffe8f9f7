// Package session is what the training of a classifier and of a GAN have in common: the images, the order of an epoch, resuming, saving, the record, interruption.
package session
