// Package models holds the study's models as GoMLX graphs, one file each. A model takes grey images, float32
// [B, 28, 28, 1] with values 0 (black) to 1, and gives logits, [B, 10].
package models

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Names lists the models: the classifiers that Logits knows, and the pairs of networks that NewGAN does.
func Names() []string { return []string{"cnn", "residual", "resnet50", "convnext", "dcgan", "sngan"} }

// Check reports a model that does not exist, or one that does not know what it is asked for.
func Check(m run.Model) error {
	known := run.Model{Name: m.Name, Dropout: m.Dropout, Mirror: m.Mirror} // what the model knows of what it is asked for
	known.Weights.Run, known.Weights.SHA256 = m.Weights.Run, m.Weights.SHA256
	switch m.Name {
	case "cnn":
	case "residual":
		known.Width = m.Width
		if m.Width < 0 {
			return fmt.Errorf("model.width is %d, want a number of channels, or 0 for 32", m.Width)
		}
	case "resnet50":
		known.Stem, known.Input = m.Stem, m.Input
		if m.Stem != "" && m.Stem != "small" {
			return fmt.Errorf("model.stem is %q, want small, or none for the paper's", m.Stem)
		}
	case "dcgan", "sngan":
		known = run.Model{Name: m.Name, Latent: m.Latent, Width: m.Width}
		if err := checkGAN(m); err != nil {
			return err
		}
	case "convnext":
		known = m
		known.Latent, known.Width = 0, 0
		known.Stem = ""
		if err := checkConvNeXt(m); err != nil {
			return err
		}
	default:
		return fmt.Errorf("model.name is %q, want one of %s", m.Name, strings.Join(Names(), ", "))
	}
	if m.Input != "" && m.Input != "resize" {
		return fmt.Errorf("model.input is %q, want resize, or none for a border", m.Input)
	}
	if m != known {
		return fmt.Errorf("the model %s has no use for what the recipe asks of it: %+v, want %+v", m.Name, m, known)
	}
	return nil
}

// IsHead reports whether a parameter, by its name, is of the last layer, which tells the classes.
func IsHead(parameter string) bool {
	layer, _, _ := strings.Cut(parameter, "/")
	return layer == "logits" || layer == "predictions" || layer == "head_fc"
}

// WholeBatch reports whether a training step should work on the whole batch at once. With batch normalization it must: an image's output
// depends on the rest of the batch. ConvNeXt has so many parameters for so small maps that adding up the gradients of parts costs more than
// it gains: 480 ms a step instead of 324 (tiny, batch 64, two cores).
func WholeBatch(m run.Model) bool {
	return m.Name == "residual" || m.Name == "resnet50" || m.Name == "convnext"
}

// Logits builds a classifier on images [B, 28, 28, 1] and returns its logits [B, 10].
func Logits(n *layers.Net, m run.Model, images *Node) *Node {
	switch m.Name {
	case "cnn":
		return CNN{}.Logits(n, images)
	case "residual":
		return Residual{Width: m.Width}.Logits(n, images)
	case "resnet50":
		return ResNet50{Stem: m.Stem, Input: m.Input}.Logits(n, images)
	case "convnext":
		c := newConvNeXt(m)
		n.Freeze(func(layer string) bool { return c.KerasLayer(layer) < m.FineTuneAt })
		return c.Logits(n, colour(enlarge(images, m.Input, max(m.Side, convNeXtSide))))
	}
	panic(Check(m))
}

// Predict is Logits as a model's answer to images [B, 28, 28, 1]: where the recipe says so, the mean of the logits of an image and of its mirror image.
func Predict(n *layers.Net, m run.Model, images *Node) *Node {
	if !m.Mirror {
		return Logits(n, m, images)
	}
	b := images.Shape().Dimensions[0]
	both := Logits(n, m, Concatenate([]*Node{images, Reverse(images, 2)}, 0))
	return ReduceMean(Reshape(both, 2, b, fashion.NumClasses), 0)
}

// enlarge brings images [B, 28, 28, 1] to a side: "" by a black border, "resize" bilinear.
func enlarge(images *Node, how string, side int) *Node {
	if how == "resize" {
		return layers.Resize(images, side, side)
	}
	border := PadAxis{Start: (side - fashion.Side) / 2, End: (side - fashion.Side) / 2}
	return Pad(images, ScalarZero(images.Graph(), images.DType()), PadAxis{}, border, border, PadAxis{})
}

// OverImage enlarges maps of all that a model sees, [B, H, W, C], and cuts off its border: [B, 28, 28, C], a value for each pixel.
func OverImage(m run.Model, maps *Node) *Node {
	border := 0
	if (m.Name == "resnet50" || m.Name == "convnext") && m.Input == "" {
		border = (convNeXtSide - fashion.Side) / 2 // that of ResNet50 too
	}
	inside := AxisRange(border, border+fashion.Side)
	return Slice(layers.Resize(maps, fashion.Side+2*border, fashion.Side+2*border), AxisRange(), inside, inside)
}
