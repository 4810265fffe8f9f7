package train

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// snapshot copies the parameters and the optimizer's slots, sorted by name.
func (p *program) snapshot() ([]run.Tensor, error) {
	var list []run.Tensor
	for v := range p.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return nil, err
		}
		data, err := binary.Append(nil, binary.LittleEndian, flat)
		if err != nil {
			return nil, err
		}
		list = append(list, run.Tensor{Name: v.Path(), DType: "F32", Shape: v.Shape().Dimensions, Data: data})
	}
	slices.SortFunc(list, func(a, b run.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// restore sets every variable from a checkpoint. All must be there, with their shapes, and no other: anything else
// was written by another version of the model.
func (p *program) restore(list []run.Tensor) error {
	return p.set(list, func(string) bool { return true })
}

// restoreParameters is restore for the parameters alone, all that predicting needs.
func (p *program) restoreParameters(list []run.Tensor) error {
	return p.set(list, func(path string) bool {
		_, ours := layers.ParameterAt(path)
		return ours
	})
}

// set gives the wanted variables the values of a checkpoint.
func (p *program) set(list []run.Tensor, wanted func(path string) bool) error {
	left := map[string]*model.Variable{}
	for v := range p.store.IterVariables() {
		if wanted(v.Path()) {
			left[v.Path()] = v
		}
	}
	for _, t := range list {
		if !wanted(t.Name) {
			continue
		}
		v, ok := left[t.Name]
		if !ok {
			return fmt.Errorf("checkpoint has a tensor %s, which the model %s has not", t.Name, p.recipe.Model.Name)
		}
		delete(left, t.Name)
		if !slices.Equal(t.Shape, v.Shape().Dimensions) {
			return fmt.Errorf("checkpoint's tensor %s has the shape %v, want %v", t.Name, t.Shape, v.Shape().Dimensions)
		}
		flat, err := floats(t)
		if err != nil {
			return fmt.Errorf("checkpoint's %w", err)
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(flat, t.Shape...)); err != nil {
			return fmt.Errorf("checkpoint's tensor %s: %w", t.Name, err)
		}
	}
	for name := range left {
		return fmt.Errorf("checkpoint lacks the tensor %s", name)
	}
	return nil
}

// parameterCount is the number of trainable values.
func (p *program) parameterCount() int {
	n := 0
	for _, name := range p.names {
		n += p.store.GetVariable(name).Shape().Size()
	}
	return n
}
