// Package models holds the study's models as GoMLX graphs, one file each. A model takes grey images, float32
// [B, 28, 28, 1] with values 0 (black) to 1, and gives logits, [B, 10].
package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Check reports a model that does not exist, or one that does not know what it is asked for. Networks of one's own are handed over.
func Check(m run.Model, own ...Network) error {
	if !IsGAN(m.Name) {
		_, err := Of(m, own...)
		return err
	}
	if err := checkGAN(m); err != nil {
		return err
	}
	if known := (run.Model{Name: m.Name, Latent: m.Latent, Width: m.Width}); m != known {
		return fmt.Errorf("the model %s has no use for what the recipe asks of it: %+v, want %+v", m.Name, m, known)
	}
	return nil
}

// enlarge brings images [B, 28, 28, 1] to a side: "" by a black border, "resize" bilinear.
func enlarge(images *Node, how string, side int) *Node {
	if how == "resize" {
		return layers.Resize(images, side, side)
	}
	border := PadAxis{Start: (side - fashion.Side) / 2, End: (side - fashion.Side) / 2}
	return Pad(images, ScalarZero(images.Graph(), images.DType()), PadAxis{}, border, border, PadAxis{})
}
