package export

import (
	"fmt"
	"slices"

	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/safetensors"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Safetensors returns the parameters of the network of the run of that name, of a GAN those of its generator, as a safetensors file
// (https://huggingface.co/docs/safetensors), with Metadata. They are float32, named by their layers, such as "stage1/conv1/kernel", in the layouts of Keras: kernels of
// convolutions are [height, width, inputs, outputs], depthwise ones [height, width, channels], those of dense layers [inputs, outputs]. The images that a flattened
// feature map comes from are [height, width, channels]. own contains the user-defined network that the recipe names, if any; without it the call is an error.
func Safetensors(name string, r *run.Run, own ...recipes.Own) ([]byte, error) {
	metadata, err := Metadata(name, r)
	if err != nil {
		return nil, err
	}
	parameters, err := parametersOf(r, own)
	if err != nil {
		return nil, fmt.Errorf("safetensors of %s: %w", name, err)
	}
	return encodeSafetensors(parameters, metadata)
}

func parametersOf(r *run.Run, own []recipes.Own) ([]run.Tensor, error) {
	if r.Recipe.IsGAN() {
		g, err := gan.Load(r, own...)
		if err != nil {
			return nil, err
		}
		return g.Parameters()
	}
	m, err := infer.Load(r, own...)
	if err != nil {
		return nil, err
	}
	return m.Parameters()
}

// encodeSafetensors is the file of parameters.
func encodeSafetensors(parameters []run.Tensor, metadata map[string]string) ([]byte, error) {
	parameters = slices.Clone(parameters)
	for i := range parameters {
		parameters[i].Name, _ = layers.ParameterAt(parameters[i].Name)
	}
	return safetensors.Encode(metadata, parameters)
}
