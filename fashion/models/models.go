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
func Names() []string { return []string{"cnn"} }

// Check reports a model that does not exist.
func Check(m run.Model) error {
	switch m.Name {
	case "cnn":
		return nil
	}
	return fmt.Errorf("model.name is %q, want one of %s", m.Name, strings.Join(Names(), ", "))
}

// Logits builds a model on images [B, 28, 28, 1] and returns its logits [B, 10].
func Logits(n *layers.Net, m run.Model, images *Node) *Node {
	switch m.Name {
	case "cnn":
		return CNN{Dropout: m.Dropout}.Logits(n, images)
	}
	panic(Check(m))
}
