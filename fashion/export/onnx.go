package export

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/onnx"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Options choose what is in a file beside the network.
type Options struct {
	// Bytes has a classifier take grey levels as files have them, uint8 from 0 (black) to 255, and a generator return such; otherwise they are float32 from 0 to 1.
	Bytes bool
	// Softmax has a classifier return probabilities instead of logits.
	Softmax bool
}

// The names of a file's inputs and outputs.
const (
	Images        = "images"        // [batch, 28, 28]; of a data set in colour [batch, side, side, 3]
	Logits        = "logits"        // float32 [batch, classes]
	Probabilities = "probabilities" // float32 [batch, classes]
	Latents       = "latents"       // float32 [batch, Latent], normally distributed
	Classes       = "classes"       // float32 [batch, 10], one-hot
)

// ONNX returns the ONNX file of the network of the run of that name: a classifier takes Images and returns Logits or Probabilities, with the test-time augmentation of its
// recipe; a GAN's generator takes Latents and Classes and returns Images. The file says what it is, see Metadata. own contains the user-defined network or GAN that the recipe names, if any; without it the call is an error.
func ONNX(name string, r *run.Run, o Options, own ...recipes.Own) ([]byte, error) {
	metadata, err := Metadata(name, r)
	if err != nil {
		return nil, err
	}
	var data []byte
	if r.Recipe.IsGAN() && o.Softmax {
		return nil, fmt.Errorf("ONNX of %s: a generator has no logits; leave out the softmax", name)
	}
	if r.Recipe.IsGAN() {
		data, err = generatorONNX(r, o, metadata, own)
	} else {
		data, err = classifierONNX(r, o, metadata, own)
	}
	if err != nil {
		return nil, fmt.Errorf("ONNX of %s: %w", name, err)
	}
	return data, nil
}

func generatorONNX(r *run.Run, o Options, metadata map[string]string, own []recipes.Own) ([]byte, error) {
	g, err := gan.Load(r, own...)
	if err != nil {
		return nil, err
	}
	parameters, err := g.Parameters()
	if err != nil {
		return nil, err
	}
	return encodeGenerator(g.Build, g.Latent, parameters, o, metadata)
}

func classifierONNX(r *run.Run, o Options, metadata map[string]string, own []recipes.Own) ([]byte, error) {
	m, err := infer.Load(r, own...)
	if err != nil {
		return nil, err
	}
	return encodeClassifier(m, o, metadata)
}

// encodeClassifier is the file of a classifier.
func encodeClassifier(m *infer.Model, o Options, metadata map[string]string) ([]byte, error) {
	parameters, err := m.Parameters()
	if err != nil {
		return nil, err
	}
	output, dtype := Logits, dtypes.Float32
	if o.Softmax {
		output = Probabilities
	}
	if o.Bytes {
		dtype = dtypes.Uint8
	}
	return onnx.Encode(output, parameters, metadata, func(g *Graph) *Node {
		d := m.Shape().Dimensions()
		dimensions := d[:]
		if d[2] == 1 {
			dimensions = d[:2]
		}
		x := onnx.Input(g, Images, dtype, dimensions...)
		if o.Bytes {
			x = DivScalar(ConvertDType(x, dtypes.Float32), 255)
		}
		logits := m.Build(Reshape(x, -1, d[0], d[1], d[2]), layers.ForExport)
		if o.Softmax {
			return BackendFusedSoftmax(logits, 1)
		}
		return logits
	})
}

// encodeGenerator is the file of a generator that build builds.
func encodeGenerator(build func(latents, classes *Node, form layers.Form) *Node, latent int, parameters []run.Tensor, o Options, metadata map[string]string) ([]byte, error) {
	return onnx.Encode(Images, parameters, metadata, func(g *Graph) *Node {
		images := build(onnx.Input(g, Latents, dtypes.Float32, latent), onnx.Input(g, Classes, dtypes.Float32, fashion.NumClasses), layers.ForExport)
		if o.Bytes {
			images = gan.Bytes(images)
		}
		return Reshape(images, -1, fashion.Side, fashion.Side)
	})
}
