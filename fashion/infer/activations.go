package infer

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Untrained returns a recipe's model with its initial parameters, which the seed decides. own contains the user-defined network that the recipe names, if any; without it the call is an error.
func Untrained(recipe recipes.Recipe, own ...recipes.Own) (*Model, error) {
	m, _, err := initial(recipe, own)
	return m, err
}

// Activation is what a layer computes from images.
type Activation struct {
	Name   string    // of the layer, or of a step that layers.Net.Keep recorded
	Shape  []int     // with the images as the first axis
	Values []float32 // in row order
}

// Activations returns the output of every layer, and of every step between layers that layers.Net.Keep recorded, in the order in which they are built, with dropout off. With
// test-time augmentation they are those of the images as they are.
func (m *Model) Activations(images []fashion.Image) ([]Activation, error) {
	return m.ActivationsOf(fashion.Set{Images: images})
}

// ActivationsOf is Activations for the images of a set, which needs no labels.
func (m *Model) ActivationsOf(images fashion.Set) ([]Activation, error) {
	var list []Activation
	build := func(n *layers.Net, x *Node, _ ...*Node) (values []*Node) {
		m.network.Build(n, x)
		m.outputs = nil
		for _, o := range n.Outputs() {
			m.outputs, values = append(m.outputs, o.Name), append(values, o.Value)
		}
		return values
	}
	err := m.inBatches("activations", images, build, func(out []*tensors.Tensor, n int) {
		for i, t := range out {
			shape, values := t.Shape().Dimensions, tensors.MustCopyFlatData[float32](t)
			if len(list) == i {
				list = append(list, Activation{Name: m.outputs[i], Shape: append([]int{0}, shape[1:]...)})
			}
			list[i].Shape[0] += n
			list[i].Values = append(list[i].Values, values[:len(values)/shape[0]*n]...)
		}
	})
	return list, err
}

// Parameter returns the values of a parameter, in row order, and its shape. Its name is that of the layer and its own, such as "stem_conv/kernel".
func (m *Model) Parameter(name string) (values []float32, shape []int, err error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	v := m.store.GetVariable(layers.Path(name))
	if v == nil {
		return nil, nil, fmt.Errorf("the model %s has no parameter %s", m.recipe.Model.Name, name)
	}
	t, err := v.Value()
	if err != nil {
		return nil, nil, err
	}
	values, err = tensors.CopyFlatData[float32](t)
	return values, v.Shape().Dimensions, err
}
