package train

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

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
	left := map[string]*model.Variable{}
	for v := range p.store.IterVariables() {
		left[v.Path()] = v
	}
	for _, t := range list {
		v, ok := left[t.Name]
		if !ok {
			return fmt.Errorf("checkpoint has a tensor %s, which the model %s has not", t.Name, p.recipe.Model.Name)
		}
		delete(left, t.Name)
		if t.DType != "F32" || !slices.Equal(t.Shape, v.Shape().Dimensions) || len(t.Data) != 4*v.Shape().Size() {
			return fmt.Errorf("checkpoint's tensor %s is %s %v in %d bytes, want F32 %v", t.Name, t.DType, t.Shape, len(t.Data), v.Shape().Dimensions)
		}
		flat := make([]float32, len(t.Data)/4)
		if _, err := binary.Decode(t.Data, binary.LittleEndian, flat); err != nil {
			return fmt.Errorf("checkpoint's tensor %s: %w", t.Name, err)
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
