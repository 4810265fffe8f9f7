// Package models holds the study's models as GoMLX graphs, one file each. A model takes grey images, float32
// [B, 28, 28, 1] with values 0 (black) to 1, and gives logits, [B, 10].
package models

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Names lists the models that Logits knows.
func Names() []string { return []string{"cnn", "resnet50"} }

// Check reports a model that does not exist, or one that does not know what it is asked for.
func Check(m run.Model) error {
	switch m.Name {
	case "cnn":
		if m.Stem != "" || m.Input != "" {
			return fmt.Errorf("model.stem and model.input are %q and %q, want none for the cnn", m.Stem, m.Input)
		}
		return nil
	case "resnet50":
		if m.Stem != "" && m.Stem != "small" {
			return fmt.Errorf("model.stem is %q, want small, or none for the paper's", m.Stem)
		}
		if m.Input != "" && m.Input != "resize" {
			return fmt.Errorf("model.input is %q, want resize, or none for a border", m.Input)
		}
		return nil
	}
	return fmt.Errorf("model.name is %q, want one of %s", m.Name, strings.Join(Names(), ", "))
}

// WholeBatch reports whether a model's output for an image depends, in training, on the rest of the batch, as it does with batch
// normalization: such a batch cannot be divided.
func WholeBatch(m run.Model) bool { return m.Name == "resnet50" }

// Logits builds a model on images [B, 28, 28, 1] and returns its logits [B, 10].
func Logits(n *layers.Net, m run.Model, images *Node) *Node {
	switch m.Name {
	case "cnn":
		return CNN{}.Logits(n, images)
	case "resnet50":
		return ResNet50{Stem: m.Stem, Input: m.Input}.Logits(n, images)
	}
	panic(Check(m))
}
